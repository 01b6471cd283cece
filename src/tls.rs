//! Asks a TLS server who it is, over any stream, and goes away. Nobody is trusted and nothing is said: the handshake
//! ends as soon as the certificate is seen.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Why there is no certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nobody {
    /// The connection was closed in the middle.
    Closed,
    /// What answered is no TLS.
    NoTls,
    /// Something else, in words.
    Failed(String),
}

/// The certificate, PEM, of the server at the other end of a stream.
pub async fn certificate(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    limit: Duration,
) -> Result<String, Nobody> {
    timeout(limit, shake_hands(stream)).await.unwrap_or_else(|_| {
        Err(Nobody::Failed(
            "a TLS handshake came to nothing in time".to_owned(),
        ))
    })
}

async fn shake_hands(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<String, Nobody> {
    let eyes = Arc::new(Eyes {
        provider: ring::default_provider(),
        seen: Mutex::default(),
    });
    let mut client = client(&eyes).map_err(|error| Nobody::Failed(error.to_string()))?;
    let mut piece = vec![0; PIECE];
    loop {
        let mut hello = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut hello).map_err(|error| broken(&error))?;
        }
        stream.write_all(&hello).await.map_err(|error| broken(&error))?;
        let count = stream.read(&mut piece).await.map_err(|error| broken(&error))?;
        if count == 0 {
            return Err(Nobody::Closed);
        }
        let mut heard = piece.get(..count).unwrap_or_default();
        while !heard.is_empty() {
            client.read_tls(&mut heard).map_err(|error| broken(&error))?;
            let processed = client.process_new_packets();
            if let Some(pem) = eyes.seen() {
                return Ok(pem);
            }
            match processed {
                Ok(_) => {}
                Err(Error::InvalidMessage(_)) => return Err(Nobody::NoTls),
                Err(error) => return Err(Nobody::Failed(error.to_string())),
            }
        }
    }
}

fn client(eyes: &Arc<Eyes>) -> Result<ClientConnection, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(eyes.provider.clone()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(eyes) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    // No name is asked for: the server is known by its address.
    let nobody = ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into());
    ClientConnection::new(Arc::new(config), nobody)
}

fn broken(error: &io::Error) -> Nobody {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            Nobody::Closed
        }
        _ => Nobody::Failed(error.to_string()),
    }
}

/// Sees a certificate, and approves of none.
#[derive(Debug)]
struct Eyes {
    provider: CryptoProvider,
    seen: Mutex<Option<String>>,
}

impl Eyes {
    fn seen(&self) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ServerCertVerifier for Eyes {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let body = STANDARD.encode(certificate.as_ref());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(pem);
        Err(Error::General("seen, and that was all".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("no certificate is trusted here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("no certificate is trusted here".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A handshake's messages are smaller.
const PIECE: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    /// A server with a certificate of this name, at the other end of a stream. As etcd
    /// does, it takes nobody without one.
    fn server(name: &str, versions: &[&'static rustls::SupportedProtocolVersion]) -> tokio::io::DuplexStream {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut known = rustls::RootCertStore::empty();
        known.add(certificate.der().clone()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider)
            .build()
            .unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let (mine, mut theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move {
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut piece = vec![0; PIECE];
            loop {
                let count = theirs.read(&mut piece).await.unwrap_or(0);
                let mut heard = &piece[..count];
                if count == 0 || connection.read_tls(&mut heard).is_err() {
                    return;
                }
                let _ = connection.process_new_packets();
                let mut reply = Vec::new();
                while connection.wants_write() {
                    connection.write_tls(&mut reply).unwrap();
                }
                if theirs.write_all(&reply).await.is_err() {
                    return;
                }
            }
        });
        mine
    }

    #[tokio::test]
    async fn the_servers_certificate_is_seen_in_either_version_of_tls() {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let pem = certificate(server("kube-apiserver", &[version]), LIMIT)
                .await
                .unwrap();

            let seen = crate::pki::Certificate::read(&pem).unwrap();
            assert_eq!(seen.common_name, "kube-apiserver");
        }
    }

    #[tokio::test]
    async fn a_server_that_closes_is_told_from_one_that_speaks_no_tls() {
        let (mine, theirs) = tokio::io::duplex(1 << 16);
        drop(theirs);
        assert_eq!(certificate(mine, LIMIT).await, Err(Nobody::Closed));

        let (mine, mut theirs) = tokio::io::duplex(1 << 16);
        theirs
            .write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(certificate(mine, LIMIT).await, Err(Nobody::NoTls));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_not_waited_for_longer_than_the_limit() {
        let (mine, _theirs) = tokio::io::duplex(1 << 16);

        let nobody = certificate(mine, LIMIT).await;

        assert!(matches!(nobody, Err(Nobody::Failed(_))), "{nobody:?}");
    }
}
