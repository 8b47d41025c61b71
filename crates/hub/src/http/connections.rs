//! The connections that a hub has at once, and how long each may take to ask something.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use super::limits::network;

/// Most connections. Further ones wait to be accepted.
const MOST: usize = 4_096;

/// Most connections of one address. Further ones are closed.
pub const OF_ONE: usize = 256;

/// Most time between two answers on a connection: as long may a client say nothing, or take to say what it wants. It is
/// more than the hub takes for an answer.
const IDLE: Duration = Duration::from_secs(60);

/// A listener that does not accept more connections than it can serve.
#[derive(Debug)]
pub struct Connections {
    listener: TcpListener,
    free: Arc<Semaphore>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    of_one: usize,
}

impl Connections {
    /// Those of `listener`; of one address as many as of all where `is_shared` says that many clients have it.
    pub fn new(listener: TcpListener, is_shared: bool) -> Self {
        let of_one = if is_shared { MOST } else { OF_ONE };
        Self { listener, free: Arc::new(Semaphore::new(MOST)), open: Arc::default(), of_one }
    }

    /// A place among the connections of `address`, if there is one.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let mut open = lock(&self.open);
        let number = open.entry(address).or_default();
        if *number >= self.of_one {
            return None;
        }
        *number += 1;
        Some(Place { address, open: Arc::clone(&self.open) })
    }
}

fn lock(open: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener for Connections {
    type Io = Connection<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // It is never closed.
            let permit = Arc::clone(&self.free).acquire_owned().await.ok();
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            if let Some(place) = self.place(network(peer.ip())) {
                return (Connection::new(stream, (permit, place)), peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// One of the connections of an address.
#[derive(Debug)]
struct Place {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(number) = open.get_mut(&self.address) {
            *number -= 1;
            if *number == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// A connection that ends when it neither asks nor listens.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    /// When it ends, unless something is written before.
    end: Pin<Box<Sleep>>,
    /// What it takes up as long as it is there.
    _places: Option<(Option<OwnedSemaphorePermit>, Place)>,
}

impl Connection<TcpStream> {
    fn new(stream: TcpStream, places: (Option<OwnedSemaphorePermit>, Place)) -> Self {
        Self { stream, end: Box::pin(sleep(IDLE)), _places: Some(places) }
    }
}

impl<S> Connection<S> {
    /// What to answer when nothing moves now.
    fn late<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            // Not even who says a byte now and then stays longer.
            Poll::Ready(Ok(())) if this.end.is_elapsed() => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => this.late(cx),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(cx, bytes) {
            Poll::Ready(written) => {
                this.end.as_mut().reset(Instant::now() + IDLE);
                Poll::Ready(written)
            }
            Poll::Pending => this.late(cx),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_too_long_to_ask_is_cut_off() {
        let (mut client, stream) = duplex(64);
        let mut connection = Connection { stream, end: Box::pin(sleep(IDLE)), _places: None };
        // A byte now and then does not help, an answer does.
        client.write_all(b"POST").await.unwrap();
        assert_eq!(connection.read_u32().await.unwrap().to_be_bytes(), *b"POST");
        tokio::time::advance(IDLE / 2).await;
        connection.write_all(b"200").await.unwrap();
        tokio::time::advance(IDLE / 2).await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap(), b'x');
        client.write_all(b"y").await.unwrap();
        tokio::time::advance(IDLE).await;
        assert_eq!(connection.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        // Nor does it help not to listen to the answer.
        let (client, stream) = duplex(4);
        let mut deaf = Connection { stream, end: Box::pin(sleep(IDLE)), _places: None };
        assert_eq!(deaf.write_all(b"more than it takes").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(client);
    }
}
