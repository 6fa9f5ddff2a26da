//! One POST for one request.
//!
//! alloy's own transport takes every JSON-RPC error for the node's answer, whatever the HTTP status. Here a status with
//! which a server in front of the node speaks for itself (408, 425, 429, 502 and above) stays a fault of the transport.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::{Client, Response, Url, header};
use alloy::transports::{RpcError, TransportError, TransportErrorKind, TransportFut};
use tower::Service;

/// A transport that posts to one URL.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub client: Client,
    pub url: Url,
}

impl Post {
    async fn post(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&request).map_err(RpcError::SerError)?;
        let sending = self.client.post(self.url).header(header::CONTENT_TYPE, "application/json").body(body);
        let response = sending.send().await.map_err(TransportErrorKind::custom)?;
        let (status, wished) = (response.status(), retry_after(&response));
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) if status.is_success() => return Err(TransportErrorKind::custom(error)),
            Err(_) => {
                return Err(TransportErrorKind::http_error_with_retry_after(status.as_u16(), String::new(), wished));
            }
        };
        let text = String::from_utf8_lossy(&body);
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| TransportError::deser_err(error, text));
        }
        match error_in(&text) {
            Some(answer) if !is_of_the_server(status.as_u16()) => Ok(answer),
            _ => Err(TransportErrorKind::http_error_with_retry_after(status.as_u16(), text.into_owned(), wished)),
        }
    }
}

impl Service<RequestPacket> for Post {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> TransportFut<'static> {
        Box::pin(self.clone().post(request))
    }
}

/// The JSON-RPC error in the body of an answer.
pub(crate) fn error_in(body: &str) -> Option<ResponsePacket> {
    serde_json::from_str(body).ok().filter(ResponsePacket::is_error)
}

/// Whether a server says with this status that the answer is not the node's.
fn is_of_the_server(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 502..)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
