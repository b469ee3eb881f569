//! TLS to the database, as `sslmode` and `sslrootcert` in its URL say.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Invalid;
use crate::sessions::StoreError;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

/// What a URL says of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protection {
    mode: Mode,
    roots: Option<PathBuf>,
}

impl Protection {
    /// Takes what it says of TLS out of a URL, since the client of PostgreSQL knows only a part of it.
    pub(super) fn take(url: &str) -> Result<(Self, String), Invalid> {
        // A `?` in a password is none of ours: the client looks for the host behind the first `@`, too.
        let host = url.find('@').unwrap_or(0);
        let (before, after) = url.split_at(host);
        let Some((address, query)) = after.split_once('?') else {
            return Ok((Self::usual(), url.to_owned()));
        };
        let mut protection = Self::usual();
        let mut rest = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => protection.mode = Mode::of(mode)?,
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).decode_utf8_lossy();
                    protection.roots = Some(PathBuf::from(path.into_owned()));
                }
                _ => rest.push(pair),
            }
        }
        Ok((protection, format!("{before}{address}?{}", rest.join("&"))))
    }

    fn usual() -> Self {
        Self {
            mode: Mode::Prefer,
            roots: None,
        }
    }

    /// What the client of PostgreSQL has to know.
    pub(super) fn ssl_mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyFull => SslMode::Require,
        }
    }

    /// What does it. The certificates of authorities are read here.
    pub(super) fn connector(&self) -> Result<Option<MakeRustlsConnect>, StoreError> {
        let config = match (self.mode, &self.roots) {
            (Mode::Disable, _) => return Ok(None),
            (Mode::Prefer, _) | (Mode::Require, None) => trusting(),
            (Mode::Require | Mode::VerifyFull, roots) => verifying(roots.as_ref()),
        };
        let config = config.map_err(|words| {
            StoreError::failed(format!("no TLS to the database is possible: {words}"))
        })?;
        Ok(Some(MakeRustlsConnect::new(config)))
    }
}

impl Mode {
    /// `allow` is `prefer`, and `verify-ca` is `verify-full`: each is what it asks for, and more.
    fn of(name: &str) -> Result<Self, Invalid> {
        match name {
            "disable" => Ok(Self::Disable),
            "allow" | "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" | "verify-full" => Ok(Self::VerifyFull),
            _ => Err(Invalid::new(
                "the `sslmode` of the database's URL is none of `disable`, `prefer`, `require` and `verify-full`",
            )),
        }
    }
}

/// Encrypts, and believes any server.
fn trusting() -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyCertificate(provider.signature_verification_algorithms));
    let builder = builder(provider)?.dangerous();
    Ok(builder
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Encrypts, and believes a server whose certificate an authority has signed for the host of the URL.
fn verifying(file: Option<&PathBuf>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => roots.add_parsable_certificates(read(file)?),
        None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    };
    if roots.is_empty() {
        return Err(match file {
            Some(file) => format!("`{}` (sslrootcert) has no certificate", file.display()),
            None => "this machine has no certificates of authorities (Debian: ca-certificates), and the URL names none (sslrootcert)".to_owned(),
        });
    }
    let builder = builder(Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

fn read(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, String> {
    let refuse =
        |words: String| format!("`{}` (sslrootcert) cannot be read: {words}", file.display());
    let pem = fs::read(file).map_err(|error| refuse(error.to_string()))?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| refuse("it is no list of certificates in PEM".to_owned()))
}

/// Believes any certificate, but not that a server has one that is another's.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_how_it_is_protected() {
        let cases = [
            (
                "postgres://a:b@c/d",
                Mode::Prefer,
                None,
                "postgres://a:b@c/d",
            ),
            (
                "postgres://a:b@c/d?sslmode=disable",
                Mode::Disable,
                None,
                "postgres://a:b@c/d?",
            ),
            (
                "postgres://c/d?user=e&sslmode=verify-full&sslrootcert=/f%20g&options=h",
                Mode::VerifyFull,
                Some("/f g"),
                "postgres://c/d?user=e&options=h",
            ),
            (
                "postgres://a:b?sslmode=x@c/d?sslmode=require",
                Mode::Require,
                None,
                "postgres://a:b?sslmode=x@c/d?",
            ),
        ];
        for (url, mode, roots, rest) in cases {
            let roots = roots.map(PathBuf::from);
            let taken = Protection::take(url).unwrap();
            assert_eq!(taken, (Protection { mode, roots }, rest.to_owned()));
        }
        assert!(Protection::take("postgres://c/d?sslmode=sometimes").is_err());
    }
}
