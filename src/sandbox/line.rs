//! The connections: plain or encrypted, and cut from within a request where a fault asks for it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Who opens a connection and says nothing is not waited for longer.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Ends a connection without an answer.
#[derive(Debug, Clone, Default)]
pub struct Cut(Arc<AtomicBool>);

impl Cut {
    pub fn now(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        match self.0.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Connected<IncomingStream<'_, Doors>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Cut {
        stream.remote_addr().clone()
    }
}

/// What HTTP is spoken over, encrypted or not.
pub trait Talk: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Talk for T {}

/// The listener. Handshakes go on beside one another, so that a slow one holds up nobody.
pub struct Doors {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handshakes: JoinSet<io::Result<(Box<dyn Talk>, Cut)>>,
}

impl Doors {
    pub fn new(listener: TcpListener, tls: Option<TlsAcceptor>) -> Doors {
        Doors { listener, tls, handshakes: JoinSet::new() }
    }
}

impl Listener for Doors {
    type Io = Box<dyn Talk>;
    // Nobody asks where a request on loopback comes from; its connection is what the handler needs.
    type Addr = Cut;

    async fn accept(&mut self) -> (Box<dyn Talk>, Cut) {
        loop {
            tokio::select! {
                (stream, _) = Listener::accept(&mut self.listener) => {
                    // Small answers must not wait for the client's acknowledgement.
                    let _ = stream.set_nodelay(true);
                    let cut = Cut::default();
                    let line = Line { stream, cut: cut.clone() };
                    let Some(tls) = &self.tls else {
                        return (Box::new(line), cut);
                    };
                    let handshake = tokio::time::timeout(HANDSHAKE, tls.accept(line));
                    self.handshakes.spawn(async move {
                        let stream: Box<dyn Talk> = Box::new(handshake.await??);
                        Ok((stream, cut))
                    });
                }
                Some(done) = self.handshakes.join_next() => {
                    // Who does not trust the certificate goes away, which is theirs to say.
                    if let Ok(Ok(ready)) = done {
                        return ready;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Cut> {
        Ok(Cut::default())
    }
}

/// One connection as the network sees it.
struct Line {
    stream: TcpStream,
    cut: Cut,
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.cut.check().is_err() {
            // With nothing lingering the peer sees a reset, not an orderly end.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
