//! The way to a node: its URL, the HTTP client with TLS and timeouts, and patience with faults.
//!
//! Everything that is asked of a node may be asked twice: reading changes nothing, and a signed transaction is one
//! transaction however often it arrives. So each request is repeated when the answer is lost, late, garbled, or says
//! that the node is busy; waits grow from a tenth of a second to five and are drawn at random, so that many clients do
//! not come back together. What the chain *decided* (a revert, a refusal) is never asked again.
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
use alloy::transports::{RpcError, TransportError, TransportErrorKind, TransportFut};
use rand::Rng;
use tower::{Layer, Service};

use crate::Error;

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
/// "limit exceeded" of EIP-1474, which providers use to say that they are busy.
const LIMIT_EXCEEDED: i64 = -32005;

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
    let client = ClientBuilder::default().layer(Patience::default()).http_with_client(client, url);
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
            let start = Instant::now();
            let mut wait = FIRST_WAIT;
            loop {
                let answer = inner.call(request.clone()).await;
                let wished = match &answer {
                    Ok(response) => match is_busy(response) {
                        true => None,
                        false => {
                            answered.store(true, Ordering::Relaxed);
                            return answer;
                        }
                    },
                    Err(error) if is_fault(error) => retry_after(error),
                    Err(_) => return answer,
                };
                let patience = if answered.load(Ordering::Relaxed) { PATIENCE } else { PATIENCE_AT_FIRST };
                let pause = wished.unwrap_or_else(|| wait.mul_f64(rand::thread_rng().gen_range(0.5..1.0)));
                if start.elapsed() + pause > patience {
                    return answer;
                }
                tokio::time::sleep(pause).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        })
    }
}

/// Whether the answer is that the node has no time. Reverts and refusals are answers.
fn is_busy(response: &ResponsePacket) -> bool {
    response.as_error().is_some_and(|error| error.code == LIMIT_EXCEEDED || error.code == 429)
}

/// Whether the answer may have been lost on the way, or the server in front of the node has a bad moment.
fn is_fault(error: &TransportError) -> bool {
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

/// What the server asks for, if that is not longer than anybody would wait.
fn retry_after(error: &TransportError) -> Option<Duration> {
    let RpcError::Transport(kind) = error else { return None };
    kind.retry_after().map(|wished| wished.min(PATIENCE / 2))
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
        let answer = |code, message: &'static str| {
            ResponsePacket::Single(Response {
                id: Id::Number(1),
                payload: ResponsePayload::Failure(ErrorPayload { code, message: message.into(), data: None }),
            })
        };
        assert!(is_busy(&answer(LIMIT_EXCEEDED, "limit exceeded")));
        for (code, message) in [(3, "execution reverted"), (-32000, "nonce too low"), (-32003, "insufficient funds")] {
            assert!(!is_busy(&answer(code, message)), "{message}");
        }
    }
}
