//! The node of a provider, over https: a certificate that the system trusts, and one that it does not.

mod support;

use std::path::Path;

use support::anvil::{ACCOUNTS, Anvil, KEYS, command, committed_key_digest};
use support::proxy::Proxy;
use support::text;

#[test]
fn talks_to_a_node_over_https_if_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = folder.path().join("trusted.pem");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&trusted, made.cert.pem()).expect("written");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("a key for the certificate");
    let anvil = Anvil::start("31337");
    let proxy = Proxy::start_tls(&anvil.url, config);

    let deploy = |certificates: &Path| {
        let journal = folder.path().join("pending");
        let deploy =
            arguments!["deploy", "--rpc-url", proxy.url, "--key-digest", committed_key_digest(), "--journal", journal];
        command(Some(KEYS[0]), deploy).env("SSL_CERT_FILE", certificates).output().expect("the binary runs")
    };
    let stranger = folder.path().join("stranger.pem");
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&stranger, other.cert.pem()).expect("written");
    let refused = deploy(&stranger);
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused.stderr));
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 0);
    let deployed = deploy(&trusted);
    assert!(deployed.status.success(), "{}", text(&deployed.stderr));
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 5);
}
