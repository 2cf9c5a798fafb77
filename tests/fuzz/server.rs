//! A server that answers each request with whatever it is told to, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request: its first line, and whether its headers ask for forward-only paging.
pub struct Asked {
    pub line: String,
    pub forward_only: bool,
}

type Answers = Arc<Mutex<Box<dyn FnMut(&Asked) -> Vec<u8> + Send>>>;

pub struct Server {
    pub address: SocketAddr,
    answers: Answers,
}

impl Server {
    /// Listens on loopback until the test program ends.
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers: Answers = Arc::new(Mutex::new(Box::new(|_| Vec::new())));
        let shared = Arc::clone(&answers);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let answers = Arc::clone(&shared);
                std::thread::spawn(move || serve(connection, &answers));
            }
        });
        Server { address, answers }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From here on each request is answered so.
    pub fn answer(&self, answers: impl FnMut(&Asked) -> Vec<u8> + Send + 'static) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answers);
    }
}

fn serve(connection: TcpStream, answers: &Answers) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut writer = connection;
    loop {
        let mut asked = Asked { line: String::new(), forward_only: false };
        reader.read_line(&mut asked.line).ok()?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).ok()? == 0 {
                return None;
            }
            let header = header.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(said) = header.strip_prefix("content-length:") {
                length = said.trim().parse().ok()?;
            }
            asked.forward_only |= header.starts_with("pagination-type:");
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let answer = (answers.lock().unwrap_or_else(PoisonError::into_inner))(&asked);
        writer.write_all(&answer).ok()?;
    }
}

/// A whole answer. `head` is the status line and the headers but for the length, each without its line end.
pub fn answer(head: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut answer = head.join(&b"\r\n"[..]);
    answer.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    answer.extend_from_slice(body);
    answer
}

/// What a site says of the company, with the API on the same host.
pub fn looked_up() -> Vec<u8> {
    let body =
        br#"{"CompanyName":"Acme","Codebase":"v2025_8/","VersionNumber":"v2025.8.1","IsCloud":"True"}"#;
    answer(&[b"HTTP/1.1 200 OK", b"Content-Type: application/json"], body)
}
