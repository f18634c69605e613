use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::request_response::{self, Config, InboundRequestId, OutboundRequestId, ProtocolSupport};
use libp2p::{PeerId, StreamProtocol};
use rand::RngCore;
use serde_json::json;

use crate::control::reply;

/// Sends back what comes, after its end: one request and one response without any framing.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/peerbandit-interop/echo/1.0.0");

/// Above 100, their default, rust-libp2p drops streams.
const MAX_STREAMS: usize = 4_096;
const MAX_BYTES: u64 = 1 << 24;
const TIMEOUT: Duration = Duration::from_secs(60);

pub type Behaviour = request_response::Behaviour<Raw>;
pub type Event = request_response::Event<Vec<u8>, Vec<u8>>;

pub fn behaviour() -> Behaviour {
    let config = Config::default().with_max_concurrent_streams(MAX_STREAMS).with_request_timeout(TIMEOUT);
    Behaviour::new([(PROTOCOL, ProtocolSupport::Full)], config)
}

/// Bytes until the end of the stream.
#[derive(Clone, Default)]
pub struct Raw;

async fn read_all<T: AsyncRead + Unpin + Send>(stream: &mut T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

#[async_trait::async_trait]
impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>> {
        read_all(io).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>> {
        read_all(io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()> {
        io.write_all(&bytes).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()> {
        io.write_all(&bytes).await
    }
}

/// A call whose streams are not all over.
struct Batch {
    left: u64,
    whole: u64,
    failures: BTreeSet<String>,
}

/// The echoes that are under way.
#[derive(Default)]
pub struct Echoes {
    inbound: BTreeSet<InboundRequestId>,
    outbound: HashMap<OutboundRequestId, (u64, Vec<u8>)>,
    batches: HashMap<u64, Batch>,
    quiet: Vec<u64>,
}

impl Echoes {
    pub fn open(&self) -> usize {
        self.inbound.len() + self.outbound.len()
    }

    /// Opens so many streams at once.
    pub fn start(&mut self, behaviour: &mut Behaviour, call: u64, peer: PeerId, (streams, size): (u64, usize)) {
        self.batches.insert(call, Batch { left: streams, whole: 0, failures: BTreeSet::new() });
        for _ in 0..streams {
            let mut sent = vec![0; size];
            rand::thread_rng().fill_bytes(&mut sent);
            let request = behaviour.send_request(&peer, sent.clone());
            self.outbound.insert(request, (call, sent));
        }
    }

    /// Answers when nothing is open any more.
    pub fn await_quiet(&mut self, call: u64) {
        self.quiet.push(call);
        self.tell_quiet();
    }

    fn tell_quiet(&mut self) {
        if self.open() == 0 {
            for call in self.quiet.drain(..) {
                reply(call, Ok(json!(true)));
            }
        }
    }

    pub fn see(&mut self, behaviour: &mut Behaviour, event: Event) {
        match event {
            Event::Message { message: request_response::Message::Request { request_id, request, channel }, .. } => {
                self.inbound.insert(request_id);
                // Where the other side went away meanwhile, InboundFailure says so.
                let _ = behaviour.send_response(channel, request);
            }
            Event::Message { message: request_response::Message::Response { request_id, response }, .. } => {
                self.settle(request_id, |sent| match *sent == response {
                    true => Ok(()),
                    false => Err(format!("{} bytes came back as {} others", sent.len(), response.len())),
                });
            }
            Event::OutboundFailure { request_id, error, .. } => self.settle(request_id, |_| Err(error.to_string())),
            Event::ResponseSent { request_id, .. } | Event::InboundFailure { request_id, .. } => {
                self.inbound.remove(&request_id);
            }
        }
        self.tell_quiet();
    }

    fn settle(&mut self, request: OutboundRequestId, judge: impl FnOnce(&Vec<u8>) -> Result<(), String>) {
        let Some((call, sent)) = self.outbound.remove(&request) else { return };
        let Some(batch) = self.batches.get_mut(&call) else { return };
        batch.left -= 1;
        match judge(&sent) {
            Ok(()) => batch.whole += 1,
            Err(error) => {
                batch.failures.insert(error);
            }
        }
        if batch.left == 0 {
            reply(call, Ok(json!({ "whole": batch.whole, "failures": batch.failures })));
            self.batches.remove(&call);
        }
    }
}
