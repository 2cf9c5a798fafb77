//! The client over encrypted connections: whom it trusts, and how it says that it does not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use psactl::psa::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::client::{connection, quick};

/// An authority made for this test alone; its key is thrown away.
const AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVwc2FjdGwg
dGVzdCBhdXRob3JpdHkwIBcNMTUwMTAxMDAwMDAwWhgPMjE0OTAxMDEwMDAwMDBa
MCAxHjAcBgNVBAMMFXBzYWN0bCB0ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABPfEAn5jQjR7hTs9FkTqJ0l0vvIrA01Fm14li7Eyrhf3z37j
Eg6w6NhDQ0W8mjUh3M55XbfomYJ0u3GfVYgWZpCjQjBAMA8GA1UdEwEB/wQFMAMB
Af8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBTpKQ6vo0bKC7W0i47+s+SaV6Ts
LTAKBggqhkjOPQQDAgNIADBFAiEAmUSR59IMG72P2qUNJaS/TZDTosWWG9v8ndYe
Jn0V3wcCIDUwBRbC8YYm795Ji1BYgxRFs6qThPFF+oeL+bctm4ia
-----END CERTIFICATE-----
";

/// For 127.0.0.1, by that authority.
const GOOD: &str = "\
-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVwc2FjdGwg
dGVzdCBhdXRob3JpdHkwIBcNMTUwMTAxMDAwMDAwWhgPMjE0OTAxMDEwMDAwMDBa
MBQxEjAQBgNVBAMMCTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BJaArv01O7PblnY7xIiqbcaP3n/JxNcWfptFWb2OZFt6stbHZw5F6uhgtd/ABvYa
JRnN7dBcq4ZSVDQXuts5HPajczBxMA8GA1UdEQQIMAaHBH8AAAEwEwYDVR0lBAww
CgYIKwYBBQUHAwEwCQYDVR0TBAIwADAdBgNVHQ4EFgQUZo39DW8NX5B2hInJAt+o
ozthk9cwHwYDVR0jBBgwFoAU6SkOr6NGygu1tIuO/rPkmlek7C0wCgYIKoZIzj0E
AwIDSAAwRQIhAPx8Z8G0RJbMOqO0TdsdM6Z3LNF3imk0UszIFOWzSapTAiAYviy0
nPpuAKt8TfRDTHM6OT1ZrZgf0j6T3SbFj7Hj8A==
-----END CERTIFICATE-----
";

/// The same, expired in 2016.
const EXPIRED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIBAzAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVwc2FjdGwg
dGVzdCBhdXRob3JpdHkwHhcNMTUwMTAxMDAwMDAwWhcNMTYwMTAxMDAwMDAwWjAU
MRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASW
gK79NTuz25Z2O8SIqm3Gj95/ycTXFn6bRVm9jmRberLWx2cOReroYLXfwAb2GiUZ
ze3QXKuGUlQ0F7rbORz2o3MwcTAPBgNVHREECDAGhwR/AAABMBMGA1UdJQQMMAoG
CCsGAQUFBwMBMAkGA1UdEwQCMAAwHQYDVR0OBBYEFGaN/Q1vDV+QdoSJyQLfqKM7
YZPXMB8GA1UdIwQYMBaAFOkpDq+jRsoLtbSLjv6z5JpXpOwtMAoGCCqGSM49BAMC
A0gAMEUCIFs4FuWJBABrtQ/eIAHChQ2sXchTsZ6JYobEOs0PPYB8AiEAw7kvXzPB
nG52go+ZclXVCvlSn6AFUpqh9q06AWh7Op0=
-----END CERTIFICATE-----
";

/// The key of both, which opens nothing anywhere.
const KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzODaaIh0jLxljENk
r/0pRvZAOj8AkzBOqFMFmmZpfKGhRANCAASWgK79NTuz25Z2O8SIqm3Gj95/ycTX
Fn6bRVm9jmRberLWx2cOReroYLXfwAb2GiUZze3QXKuGUlQ0F7rbORz2
-----END PRIVATE KEY-----
";

/// An encrypted server that answers everything with one body. Gives its port and the number of requests
/// that got through to it.
fn encrypted_server(certificate: &str, body: &'static str) -> (u16, Arc<AtomicUsize>) {
    encrypted_server_with(certificate, KEY, body)
}

/// The same with a key of its own.
pub fn encrypted_server_with(certificate: &str, key: &str, body: &'static str) -> (u16, Arc<AtomicUsize>) {
    install_crypto();
    let chain = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let settings = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![chain], key);
    let settings = Arc::new(settings.expect("a key that fits"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut socket) = connection else { return };
            let mut session = rustls::ServerConnection::new(Arc::clone(&settings)).expect("a session");
            let mut stream = rustls::Stream::new(&mut session, &mut socket);
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                request.extend_from_slice(&buffer[..read]);
                if request.windows(4).any(|end| end == b"\r\n\r\n") {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let length = body.len();
                    let _ = write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                    );
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                    break;
                }
            }
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_configured_and_only_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("authority.pem");
    std::fs::write(&ca_file, AUTHORITY).expect("a file");
    // certificate, host, whether the authority is configured, what is said of it
    let table = [
        (GOOD, "127.0.0.1", true, None),
        (
            GOOD,
            "127.0.0.1",
            false,
            Some("its certificate comes from an authority that this machine does not trust"),
        ),
        (GOOD, "localhost", true, Some("its certificate belongs to another name")),
        (EXPIRED, "127.0.0.1", true, Some("its certificate has expired")),
    ];
    for (certificate, host, trusted, problem) in table {
        let (port, requests) = encrypted_server(certificate, r#"{"CompanyName":"Acme"}"#);
        let mut connection = connection(&format!("https://{host}:{port}"));
        connection.ca_file = trusted.then(|| ca_file.clone());
        let client = Client::with_policy(connection, quick()).expect("a client");
        match (client.company_info().await, problem) {
            (Ok(info), None) => assert_eq!(info.company_name.as_deref(), Some("Acme")),
            (Err(error), Some(problem)) => {
                assert!(error.to_string().ends_with(problem), "{error}");
                assert!(
                    matches!(error, Error::Unreachable { trouble: Trouble::Certificate, .. }),
                    "{error:?}"
                );
                assert!(error.hints().iter().any(|hint| hint.contains("ca_file")));
                assert_eq!(client.requests_sent(), 1, "another try meets the same certificate");
                assert_eq!(requests.load(Ordering::SeqCst), 0, "nothing is sent to whom is not trusted");
            }
            (result, _) => panic!("{problem:?}: {result:?}"),
        }
    }
}

/// A certificate for 127.0.0.1 that signed itself, and its key.
pub fn self_signed(authority: bool, from_year: i32, to_year: i32) -> (String, String) {
    let mut made = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    if authority {
        // As `openssl req -x509` makes them.
        made.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    made.not_before = rcgen::date_time_ymd(from_year, 1, 1);
    made.not_after = rcgen::date_time_ymd(to_year, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    (made.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

/// What on-premises servers show: a certificate that signed itself. It is trusted where it is written into ca_file,
/// and only for its time; in no other way.
#[tokio::test]
async fn a_certificate_that_signed_itself_is_trusted_by_name_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("own.pem");
    for (authority, from, trusted, problem) in [
        (false, 2015, true, None),
        (false, 2015, false, Some("comes from an authority that this machine does not trust")),
        (false, 2140, true, Some("is not valid yet; is this machine's clock right?")),
        (true, 2015, true, Some("signed itself and says that it is an authority's")),
        (true, 2015, false, Some("signed itself and says that it is an authority's")),
    ] {
        let (certificate, key) = self_signed(authority, from, 2149);
        std::fs::write(&ca_file, &certificate).expect("a file");
        let (port, requests) = encrypted_server_with(&certificate, &key, r#"{"CompanyName":"Acme"}"#);
        let mut connection = connection(&format!("https://127.0.0.1:{port}"));
        connection.ca_file = trusted.then(|| ca_file.clone());
        let client = Client::with_policy(connection, quick()).expect("a client");
        let what = format!("authority {authority}, from {from}, trusted {trusted}");
        match (client.company_info().await, problem) {
            (Ok(info), None) => assert_eq!(info.company_name.as_deref(), Some("Acme"), "{what}"),
            (Err(error), Some(problem)) => {
                assert!(error.to_string().contains(problem), "{what}: {error}");
                assert_eq!(requests.load(Ordering::SeqCst), 0, "{what}");
            }
            (result, _) => panic!("{what}: {result:?}"),
        }
    }
}
