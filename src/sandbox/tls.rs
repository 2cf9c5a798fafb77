//! https: a certificate authority made at each start, and the server's certificate signed by it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Stands before the certificate, so that no other authority's file is ever written over. Readers of
/// PEM pass over what is outside the block.
const MARK: &str = "# The certificate authority of a psactl sandbox, made anew at each start\n";

/// Makes the authority and the certificate. Gives the server's side of encryption and the file that a
/// client is to trust.
pub fn prepare(folder: &Path) -> io::Result<(TlsAcceptor, PathBuf)> {
    let file = std::path::absolute(folder)?.join("ca.pem");
    if let Ok(there) = std::fs::read(&file)
        && !there.starts_with(MARK.as_bytes())
    {
        let why = format!("{} is not of a sandbox's making, and is left alone", file.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    let (authority, settings) = made(Timestamp::now()).map_err(io::Error::other)?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, MARK.to_owned() + &authority))
        .map_err(|why| io::Error::new(why.kind(), format!("{} cannot be written: {why}", file.display())))?;
    Ok((TlsAcceptor::from(Arc::new(settings)), file))
}

fn made(now: Timestamp) -> Result<(String, ServerConfig), Box<dyn std::error::Error + Send + Sync>> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "psactl sandbox authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut authority, now)?;
    let authority_key = KeyPair::generate()?;
    let trusted = authority.self_signed(&authority_key)?.pem();

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "psactl sandbox");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    valid(&mut server, now)?;
    let server_key = KeyPair::generate()?;
    let certificate = server.signed_by(&server_key, &Issuer::new(authority, authority_key))?;

    // The authority's key ends here: nobody can sign anything else with it.
    let key = PrivatePkcs8KeyDer::from(server_key.serialize_der());
    let mut settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((trusted, settings))
}

/// From yesterday, since clocks differ, for two years: some systems take no longer ones.
fn valid(certificate: &mut CertificateParams, now: Timestamp) -> Result<(), jiff::Error> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        date_time_ymd(date.year().into(), month, day)
    };
    certificate.not_before = day(today.checked_sub(1.day())?);
    certificate.not_after = day(today.checked_add(2.years())?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn another_authoritys_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = folder.path().join("sandbox");
        for _ in 0..2 {
            let (_, file) = super::prepare(&sandbox).expect("an authority");
            assert!(file.is_absolute());
            let text = std::fs::read_to_string(file).expect("a file");
            assert!(text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE"), "{text}");
        }
        let theirs = folder.path().join("ca.pem");
        std::fs::write(&theirs, "-----BEGIN CERTIFICATE-----").expect("a file");
        let why = super::prepare(folder.path()).err().expect("a refusal").to_string();
        assert!(why.ends_with("is left alone"), "{why}");
        assert_eq!(std::fs::read_to_string(theirs).expect("a file"), "-----BEGIN CERTIFICATE-----");
    }
}
