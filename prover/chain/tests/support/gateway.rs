//! A server in front of a node, which answers some requests in its own words.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rankproof_chain::LocalNode;
use serde_json::{Value, json};

/// What it says instead of the node.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// `result` or `error` of the answer.
    pub body: Value,
    /// Whether the node gets the request all the same.
    pub forwards: bool,
}

impl Answer {
    /// A JSON-RPC error.
    pub fn error(status: u16, code: i64, message: &str, forwards: bool) -> Self {
        Self { status, body: json!({ "error": { "code": code, "message": message } }), forwards }
    }
}

/// A listening server, which says what `words` makes of a request, or what the node says. Its threads end with the
/// process.
pub fn gateway(node: &LocalNode, words: impl Fn(&Value) -> Option<Answer> + Send + Sync + 'static) -> String {
    let upstream = node.rpc_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let words = Arc::new(words);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (upstream, words) = (upstream.clone(), words.clone());
            std::thread::spawn(move || serve(stream, &upstream, &*words));
        }
    });
    url
}

fn serve(stream: TcpStream, upstream: &str, words: &dyn Fn(&Value) -> Option<Answer>) -> std::io::Result<()> {
    let request = read(&stream)?;
    let asked: Value = serde_json::from_slice(&request)?;
    let answer = words(&asked);
    let said = match &answer {
        Some(answer) if !answer.forwards => vec![],
        _ => forward(upstream, &request)?,
    };
    let (status, body) = match answer {
        None => (200, said),
        Some(Answer { status, mut body, .. }) => {
            (body["jsonrpc"], body["id"]) = (json!("2.0"), asked["id"].clone());
            (status, body.to_string().into_bytes())
        }
    };
    write(stream, &format!("HTTP/1.1 {status} ."), &body)
}

fn forward(upstream: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let stream = TcpStream::connect(upstream)?;
    write(&stream, &format!("POST / HTTP/1.1\r\nHost: {upstream}"), request)?;
    read(&stream)
}

/// The body of a request or an answer.
fn read(stream: &TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut reader, mut length) = (BufReader::new(stream), 0);
    for line in reader.by_ref().lines() {
        match line? {
            line if line.is_empty() => break,
            line => {
                let (name, value) = line.split_once(':').unwrap_or_default();
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().unwrap();
                }
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn write(mut stream: impl Write, first: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head =
        format!("{first}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}
