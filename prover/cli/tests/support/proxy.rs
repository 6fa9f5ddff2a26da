//! A node behind a bad line: a TCP proxy that loses, delays, repeats and garbles, from a seed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::anvil::post;

/// What can go wrong with one request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The connection breaks before the node gets the request.
    RequestLost,
    /// The node does what it was asked; the connection breaks before it says so.
    ResponseLost,
    /// The answer comes late.
    Delayed,
    /// The node gets the request twice, and the second answer comes back.
    Duplicated,
    /// Half of the answer comes back.
    Truncated,
    /// A server in front of the node says that it is too busy (503).
    Busy,
    /// Or that this client asks too much (429).
    RateLimited,
    /// The 503 is a JSON-RPC error.
    BusyError,
    /// The 429 is one.
    RateLimitedError,
    /// The node does what it was asked; the server in front of it says 503 as a JSON-RPC error.
    BusyErrorInstead,
    /// Or 429.
    RateLimitedErrorInstead,
    /// Or that something went wrong (200).
    InternalErrorInstead,
}

/// Every fault there is.
pub const FAULTS: [Fault; 12] = [
    Fault::RequestLost,
    Fault::ResponseLost,
    Fault::Delayed,
    Fault::Duplicated,
    Fault::Truncated,
    Fault::Busy,
    Fault::RateLimited,
    Fault::BusyError,
    Fault::RateLimitedError,
    Fault::BusyErrorInstead,
    Fault::RateLimitedErrorInstead,
    Fault::InternalErrorInstead,
];

/// Numbers from a seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A listening proxy. Its threads end with the process.
pub struct Proxy {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: Mutex<String>,
    random: Mutex<Random>,
    /// Of a hundred requests, so many go wrong.
    percent: AtomicU64,
    seen: [AtomicUsize; FAULTS.len()],
}

impl Proxy {
    /// In front of the node with this URL, with `percent` of the requests going wrong.
    pub fn start(upstream: &str, seed: u64, percent: u64) -> Self {
        Self::listen(upstream, seed, percent, None)
    }

    /// The same over TLS, without faults.
    pub fn start_tls(upstream: &str, config: rustls::ServerConfig) -> Self {
        Self::listen(upstream, 0, 0, Some(Arc::new(config)))
    }

    fn listen(upstream: &str, seed: u64, percent: u64, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let url = match &tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let shared = Arc::new(Shared {
            upstream: Mutex::new(address_of(upstream)),
            random: Mutex::new(Random::new(seed)),
            percent: AtomicU64::new(percent),
            seen: Default::default(),
        });
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, tls) = (serving.clone(), tls.clone());
                std::thread::spawn(move || match tls {
                    None => drop(shared.serve(stream)),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).expect("a configuration");
                        drop(shared.serve(rustls::StreamOwned::new(connection, stream)));
                    }
                });
            }
        });
        Self { url, shared }
    }

    /// The node has moved.
    pub fn lead_to(&self, upstream: &str) {
        *self.shared.upstream.lock().expect("not poisoned") = address_of(upstream);
    }

    /// How often each fault happened, in the order of [`FAULTS`].
    pub fn seen(&self) -> [usize; FAULTS.len()] {
        self.shared.seen.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

fn address_of(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

impl Shared {
    fn serve(&self, mut stream: impl Read + Write) -> std::io::Result<()> {
        let mut reader = BufReader::new(&mut stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let upstream = self.upstream.lock().expect("not poisoned").clone();
        match self.draw() {
            None => answer(stream, 200, &post(&upstream, &body)?, 100),
            Some(Fault::RequestLost) => Ok(()),
            Some(Fault::ResponseLost) => post(&upstream, &body).map(drop),
            Some(Fault::Delayed) => {
                let wait = 50 + self.random.lock().expect("not poisoned").below(350);
                std::thread::sleep(Duration::from_millis(wait));
                answer(stream, 200, &post(&upstream, &body)?, 100)
            }
            Some(Fault::Duplicated) => {
                drop(post(&upstream, &body));
                answer(stream, 200, &post(&upstream, &body)?, 100)
            }
            Some(Fault::Truncated) => answer(stream, 200, &post(&upstream, &body)?, 50),
            Some(Fault::Busy) => answer(stream, 503, b"busy", 100),
            Some(Fault::RateLimited) => answer(stream, 429, b"slower", 100),
            Some(fault) => {
                if matches!(
                    fault,
                    Fault::BusyErrorInstead | Fault::RateLimitedErrorInstead | Fault::InternalErrorInstead
                ) {
                    drop(post(&upstream, &body)?);
                }
                let (status, error) = match fault {
                    Fault::BusyError | Fault::BusyErrorInstead => (503, json!({ "code": -32000, "message": "busy" })),
                    Fault::InternalErrorInstead => (200, json!({ "code": -32603, "message": "Internal error" })),
                    _ => (429, json!({ "code": -32000, "message": "slower" })),
                };
                let request: Value = serde_json::from_slice(&body)?;
                let error = json!({ "jsonrpc": "2.0", "id": request["id"], "error": error });
                answer(stream, status, error.to_string().as_bytes(), 100)
            }
        }
    }

    fn draw(&self) -> Option<Fault> {
        let mut random = self.random.lock().expect("not poisoned");
        if random.below(100) >= self.percent.load(Ordering::Relaxed) {
            return None;
        }
        let index = random.below(FAULTS.len() as u64) as usize;
        self.seen[index].fetch_add(1, Ordering::Relaxed);
        Some(FAULTS[index])
    }
}

/// Writes an answer, or only `percent` of its body.
fn answer(mut stream: impl Write, status: u16, body: &[u8], percent: usize) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body[..body.len() * percent / 100])?;
    stream.flush()
}
