//! The way to a node: its URL, the HTTP client with TLS and timeouts, and patience with faults.
//!
//! Everything that is only asked of a node may be asked twice. So each such request is repeated when the answer is
//! lost, late, garbled, or says that the node is busy or in trouble; waits grow from a tenth of a second to five and
//! are drawn at random, so that many clients do not come back together. What the chain *decided* (a revert, a refusal)
//! is never asked again, nor is a range of blocks that is too long: [`crate::Follower`] makes it shorter. A signed
//! transaction is not repeated here, but by who knows whether it was sent before ([`crate::Sending`]).
//!
//! A node that has never answered is given up after seconds, one that has answered before after a minute: it may be
//! restarting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::Url;
use alloy::transports::{RpcError, TransportError, TransportErrorKind, TransportFut, utils::guess_local_url};
use rand::Rng;
use tower::{Layer, Service};

use crate::Error;
use crate::answers::{Meaning, asks_for_less, meaning};
use crate::http::{Post, error_in};

/// How long one answer is waited for, the connection included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// First wait before a request is repeated.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest wait before a request is repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a node that has never answered is asked again.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(2);
/// How long a node that has answered before is asked again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a node is asked again that answers, and says that something went wrong: it may mean it.
const PATIENCE_IN_DOUBT: Duration = Duration::from_secs(10);
/// The same for events, of which it may be asked for too many.
const PATIENCE_WITH_LOGS: Duration = Duration::from_secs(2);
/// The question for events.
const LOGS: &str = "eth_getLogs";
/// The request that is not only asked.
const SEND: &str = "eth_sendRawTransaction";

/// A provider without a key for this URL, and its host and port.
///
/// # Errors
/// [`Error::UrlInvalid`].
pub(crate) fn open(rpc_url: &str) -> Result<(DynProvider, String), Error> {
    let url = parse_url(rpc_url)?;
    let host = host_of(&url);
    let failed = |what: &str| Error::Unreachable { host: host.clone(), reason: what.to_owned() };
    // One TLS implementation for the process; somebody else may have chosen it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        .timeout(REQUEST_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
        .map_err(|_| failed("the system has no certificates to check TLS with"))?;
    let is_local = guess_local_url(&url);
    let client = ClientBuilder::default().layer(Patience::default()).transport(Post { client, url }, is_local);
    Ok((ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased(), host))
}

/// Repeats requests whose answer did not arrive.
#[derive(Clone, Debug, Default)]
struct Patience {
    /// Whether the node ever answered.
    answered: Arc<AtomicBool>,
}

impl<S> Layer<S> for Patience {
    type Service = Patient<S>;

    fn layer(&self, inner: S) -> Patient<S> {
        Patient { inner, answered: self.answered.clone() }
    }
}

/// A transport with [`Patience`].
#[derive(Clone, Debug)]
struct Patient<S> {
    inner: S,
    answered: Arc<AtomicBool>,
}

impl<S> Service<RequestPacket> for Patient<S>
where
    S: Service<RequestPacket, Response = ResponsePacket, Error = TransportError, Future = TransportFut<'static>>,
    S: Clone + Send + 'static,
{
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> TransportFut<'static> {
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let answered = self.answered.clone();
        Box::pin(async move {
            let method = request.method_names().next().unwrap_or_default().to_owned();
            let start = Instant::now();
            let mut wait = FIRST_WAIT;
            loop {
                let answer = inner.call(request.clone()).await;
                let again = Again::after(&method, &answer);
                if answer.is_ok() && again != Again::Later {
                    answered.store(true, Ordering::Relaxed);
                }
                let patience = again.patience(answered.load(Ordering::Relaxed));
                let pause = wished(&answer).unwrap_or_else(|| wait.mul_f64(rand::thread_rng().gen_range(0.5..1.0)));
                if start.elapsed() + pause > patience {
                    return if method == LOGS { in_its_words(answer) } else { answer };
                }
                tokio::time::sleep(pause).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        })
    }
}

/// Whether, and how long, a request is repeated after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// It was answered, or somebody else decides.
    Never,
    /// It may be for too many events.
    Logs,
    /// The node may mean what it says.
    Doubt,
    /// The node is away, or has no time.
    Later,
}

impl Again {
    fn after(method: &str, answer: &Result<ResponsePacket, TransportError>) -> Self {
        let body = match answer {
            _ if method == SEND => return Self::Never,
            Ok(response) => response.as_error().cloned(),
            Err(error) if !is_fault(error) => return Self::Never,
            Err(error) => body_of(error).and_then(|response| response.as_error().cloned()),
        };
        match body.map(|error| (meaning(&error), error.message)) {
            Some((_, message)) if method == LOGS && asks_for_less(&message) => Self::Never,
            Some((Meaning::Busy, _)) => Self::Later,
            _ if is_rate_limited(answer) => Self::Later,
            Some((meaning, _)) if method == LOGS && (answer.is_err() || meaning == Meaning::Doubt) => Self::Logs,
            _ if answer.is_err() => Self::Later,
            Some((Meaning::Doubt, _)) => Self::Doubt,
            _ => Self::Never,
        }
    }

    fn patience(self, answered: bool) -> Duration {
        let longest = match self {
            Self::Never => return Duration::ZERO,
            Self::Logs => PATIENCE_WITH_LOGS,
            Self::Doubt => PATIENCE_IN_DOUBT,
            Self::Later => PATIENCE,
        };
        if answered { longest } else { longest.min(PATIENCE_AT_FIRST) }
    }
}

/// Whether the answer may have been lost on the way, or the server in front of the node has a bad moment.
pub(crate) fn is_fault(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(TransportErrorKind::NonRetryable(_)) => false,
        RpcError::Transport(kind) => match kind.as_http_error() {
            Some(http) => matches!(http.status, 408 | 425 | 429 | 500..),
            None => true,
        },
        RpcError::DeserError { .. } => true,
        _ => false,
    }
}

/// Whether the server says that this client asks too much.
fn is_rate_limited(answer: &Result<ResponsePacket, TransportError>) -> bool {
    let Err(RpcError::Transport(kind)) = answer else { return false };
    kind.as_http_error().is_some_and(|http| http.is_rate_limit_err())
}

/// What the server asks for, if that is not longer than anybody would wait.
fn wished(answer: &Result<ResponsePacket, TransportError>) -> Option<Duration> {
    let Err(RpcError::Transport(kind)) = answer else { return None };
    kind.retry_after().map(|wished| wished.min(PATIENCE / 2))
}

/// The JSON-RPC error that came with an HTTP status.
fn body_of(error: &TransportError) -> Option<ResponsePacket> {
    let RpcError::Transport(kind) = error else { return None };
    error_in(&kind.as_http_error()?.body)
}

/// What the answer says rather than its status, if it says anything.
fn in_its_words(answer: Result<ResponsePacket, TransportError>) -> Result<ResponsePacket, TransportError> {
    answer.or_else(|error| body_of(&error).ok_or(error))
}

fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or("?").to_owned(),
    }
}

fn parse_url(text: &str) -> Result<Url, Error> {
    let invalid = |url: &str, reason| Err(Error::UrlInvalid { url: url.to_owned(), reason });
    let Ok(url) = text.parse::<Url>() else {
        // What does not parse cannot be cut into a part that is safe to show.
        return invalid("...", "not a URL; expected http://HOST:PORT or https://HOST/PATH");
    };
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => invalid(&format!("{scheme}://{}", host_of(&url)), "expected http or https"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::rpc::json_rpc::ErrorPayload;
    use alloy::rpc::json_rpc::{Id, Response, ResponsePayload};

    use super::*;

    #[test]
    fn rejects_what_is_no_http_url_and_never_shows_a_key() {
        assert!(parse_url("http://127.0.0.1:8545").is_ok());
        assert!(parse_url("https://host/secret").is_ok());
        for text in ["", "127.0.0.1:8545", "ftp://user:secret@host/secret", "secret"] {
            let error = parse_url(text).unwrap_err();
            assert!(matches!(error, Error::UrlInvalid { .. }));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn asks_again_after_faults_and_never_after_decisions() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_fault(&TransportErrorKind::http_error(status, String::new())), "{status}");
        }
        assert!(is_fault(&TransportErrorKind::custom_str("connection reset")));
        for status in [400, 401, 403, 404] {
            assert!(!is_fault(&TransportErrorKind::http_error(status, String::new())), "{status}");
        }
        let error = |code, message: &'static str| ErrorPayload { code, message: message.into(), data: None };
        let answer = |code, message| {
            Ok(ResponsePacket::Single(Response {
                id: Id::Number(1),
                payload: ResponsePayload::Failure(error(code, message)),
            }))
        };
        let fault = |status: u16, code: i64, message: &str| {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":{code},"message":"{message}"}}}}"#);
            Err(TransportErrorKind::http_error(status, body))
        };
        for (method, answer, again) in [
            ("eth_call", answer(3, "execution reverted"), Again::Never),
            ("eth_call", answer(-32000, "nonce too low"), Again::Never),
            ("eth_call", answer(-32003, "insufficient funds"), Again::Never),
            ("eth_call", answer(-32603, "Internal error"), Again::Doubt),
            ("eth_call", answer(-32005, "limit exceeded"), Again::Later),
            ("eth_call", fault(503, -32000, "no backend"), Again::Later),
            ("eth_call", fault(400, -32000, "no backend"), Again::Never),
            (LOGS, answer(-32005, "query returned more than 10000 results"), Again::Never),
            (LOGS, fault(503, -32000, "more than 10000 results"), Again::Never),
            (LOGS, answer(-32005, "limit exceeded"), Again::Later),
            (LOGS, answer(-32603, "Internal error"), Again::Logs),
            (LOGS, fault(504, -32000, "query timeout"), Again::Logs),
            (LOGS, fault(429, -32000, "slower"), Again::Later),
            (SEND, answer(-32603, "Internal error"), Again::Never),
            (SEND, fault(504, -32603, "Internal error"), Again::Never),
        ] {
            assert_eq!(Again::after(method, &answer), again, "{method} {answer:?}");
        }
    }
}
