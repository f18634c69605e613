use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use futures::StreamExt;
use libp2p::identify;
use libp2p::kad::{self, store::MemoryStore, store::RecordStore, QueryId, RecordKey};
use libp2p::multiaddr::Protocol;
use libp2p::ping;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{noise, tcp, yamux, Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder};
use serde_json::{json, Value};

use crate::control::{reply, Call};
use crate::echo;

const DHT_PROTOCOL: StreamProtocol = StreamProtocol::new("/peerbandit/kad/1.0.0");
const AGENT: &str = "rust-libp2p-interop/1.0.0";
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
const MAX_NEGOTIATING_STREAMS: usize = 4_096;

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    kad: kad::Behaviour<MemoryStore>,
    echo: echo::Behaviour,
}

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    addresses: Vec<Multiaddr>,
    identified: HashMap<PeerId, Value>,
    round_trips: HashMap<PeerId, Duration>,
    connecting: HashMap<PeerId, Vec<u64>>,
    pinging: HashMap<PeerId, Vec<u64>>,
    queries: HashMap<QueryId, Query>,
    echoes: echo::Echoes,
}

/// What a running query of the DHT has found for a call.
struct Query {
    call: u64,
    key: RecordKey,
    providers: HashSet<PeerId>,
}

fn text<'a>(params: &'a Value, name: &str) -> Result<&'a str, String> {
    params[name].as_str().ok_or_else(|| format!("{name} must be a text"))
}

fn number(params: &Value, name: &str) -> Result<u64, String> {
    params[name].as_u64().ok_or_else(|| format!("{name} must be a number"))
}

fn peer_of(params: &Value) -> Result<PeerId, String> {
    PeerId::from_str(text(params, "peer")?).map_err(|error| format!("peer: {error}"))
}

fn key_of(params: &Value) -> Result<RecordKey, String> {
    let cid = cid::Cid::from_str(text(params, "cid")?).map_err(|error| format!("cid: {error}"))?;
    Ok(RecordKey::new(&cid.hash().to_bytes()))
}

impl Node {
    /// Listens on a free port of the loopback.
    pub async fn listen() -> Result<Self, Box<dyn Error>> {
        let mut swarm = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)?
            .with_behaviour(|key| {
                let id = key.public().to_peer_id();
                Behaviour {
                    identify: identify::Behaviour::new(
                        identify::Config::new("/ipfs/0.1.0".into(), key.public()).with_agent_version(AGENT.into()),
                    ),
                    ping: ping::Behaviour::default(),
                    kad: kad::Behaviour::with_config(id, MemoryStore::new(id), kad::Config::new(DHT_PROTOCOL)),
                    echo: echo::behaviour(),
                }
            })?
            .with_swarm_config(|config| {
                // Above 128, their default, rust-libp2p drops streams that come in.
                config.with_idle_connection_timeout(IDLE_TIMEOUT).with_max_negotiating_inbound_streams(MAX_NEGOTIATING_STREAMS)
            })
            .build();
        swarm.behaviour_mut().kad.set_mode(Some(kad::Mode::Server));
        swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        // Without one, its provider records say nothing of where it is.
        swarm.add_external_address(address.clone());

        Ok(Self {
            swarm,
            addresses: vec![address],
            identified: HashMap::new(),
            round_trips: HashMap::new(),
            connecting: HashMap::new(),
            pinging: HashMap::new(),
            queries: HashMap::new(),
            echoes: echo::Echoes::default(),
        })
    }

    pub fn ready(&self) -> Value {
        let id = *self.swarm.local_peer_id();
        let addresses: Vec<_> = self.addresses.iter().map(|address| format!("{address}/p2p/{id}")).collect();
        json!({ "ready": true, "id": id.to_string(), "addresses": addresses })
    }

    pub fn answer(&mut self, Call { call, method, params }: Call) {
        let later = match method.as_str() {
            "connect" => self.connect(call, &params),
            "identified" => self.tell_identified(call, &params),
            "ping" => self.ping(call, &params),
            "provide" => self.provide(call, &params),
            "findProviders" => self.find_providers(call, &params),
            "echo" => self.echo(call, &params),
            "counts" => self.counts(call),
            "quiet" => self.quiet(call, &params),
            _ => Err(format!("no method {method:?}")),
        };
        if let Err(error) = later {
            reply(call, Err(error));
        }
    }

    /// Answers when the peer has said what it speaks.
    fn connect(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let address: Multiaddr = text(params, "address")?.parse().map_err(|error| format!("address: {error}"))?;
        let Some(Protocol::P2p(peer)) = address.iter().last() else {
            return Err(format!("address must end in /p2p/<id>, got {address}"));
        };
        self.swarm.dial(address).map_err(|error| format!("connect: {error}"))?;
        self.connecting.entry(peer).or_default().push(call);
        Ok(())
    }

    fn tell_identified(&self, call: u64, params: &Value) -> Result<(), String> {
        let peer = peer_of(params)?;
        let told = self.identified.get(&peer).ok_or_else(|| format!("{peer} is not identified"))?;
        reply(call, Ok(told.clone()));
        Ok(())
    }

    /// Answers with the round trip of the last ping, in ms; the first is made when a connection begins.
    fn ping(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let peer = peer_of(params)?;
        match self.round_trips.get(&peer) {
            Some(rtt) => reply(call, Ok(json!(rtt.as_secs_f64() * 1e3))),
            None => self.pinging.entry(peer).or_default().push(call),
        }
        Ok(())
    }

    fn provide(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let key = key_of(params)?;
        let query = self.swarm.behaviour_mut().kad.start_providing(key.clone()).map_err(|error| format!("provide: {error}"))?;
        self.queries.insert(query, Query { call, key, providers: HashSet::new() });
        Ok(())
    }

    fn find_providers(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let key = key_of(params)?;
        let query = self.swarm.behaviour_mut().kad.get_providers(key.clone());
        self.queries.insert(query, Query { call, key, providers: HashSet::new() });
        Ok(())
    }

    fn echo(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let load = (number(params, "streams")?, number(params, "bytes")? as usize);
        self.echoes.start(&mut self.swarm.behaviour_mut().echo, call, peer_of(params)?, load);
        Ok(())
    }

    fn counts(&self, call: u64) -> Result<(), String> {
        let connections = self.swarm.network_info().connection_counters().num_established();
        let streams = BTreeMap::from([(echo::PROTOCOL.to_string(), self.echoes.open())]);
        reply(call, Ok(json!({ "connections": connections, "streams": streams })));
        Ok(())
    }

    /// Answers when no stream of the echo is open.
    fn quiet(&mut self, call: u64, params: &Value) -> Result<(), String> {
        let protocol = text(params, "protocol")?;
        if protocol != echo::PROTOCOL.as_ref() {
            return Err(format!("only the streams of {} are counted", echo::PROTOCOL));
        }
        self.echoes.await_quiet(call);
        Ok(())
    }

    pub fn see(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. })) => {
                self.identify(peer_id, info);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { peer, result: Ok(rtt), .. })) => {
                self.round_trips.insert(peer, rtt);
                for call in self.pinging.remove(&peer).unwrap_or_default() {
                    reply(call, Ok(json!(rtt.as_secs_f64() * 1e3)));
                }
            }
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed { id, result, step, .. })) => {
                self.progress(id, result, step.last);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Echo(event)) => {
                self.echoes.see(&mut self.swarm.behaviour_mut().echo, event);
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                for call in self.connecting.remove(&peer).unwrap_or_default() {
                    reply(call, Err(format!("connect: {error}")));
                }
            }
            _ => {}
        }
    }

    /// rust-libp2p's DHT knows only the peers that it is told of.
    fn identify(&mut self, peer: PeerId, info: identify::Info) {
        if info.protocols.contains(&DHT_PROTOCOL) {
            for address in info.listen_addrs {
                self.swarm.behaviour_mut().kad.add_address(&peer, address);
            }
        }
        let protocols: Vec<_> = info.protocols.iter().map(ToString::to_string).collect();
        self.identified.insert(peer, json!({ "agentVersion": info.agent_version, "protocols": protocols }));
        for call in self.connecting.remove(&peer).unwrap_or_default() {
            reply(call, Ok(json!(peer.to_string())));
        }
    }

    fn progress(&mut self, id: QueryId, result: kad::QueryResult, last: bool) {
        let failure = match result {
            kad::QueryResult::GetProviders(Ok(kad::GetProvidersOk::FoundProviders { providers, .. })) => {
                if let Some(query) = self.queries.get_mut(&id) {
                    query.providers.extend(providers);
                }
                None
            }
            kad::QueryResult::GetProviders(Err(error)) => Some(error.to_string()),
            kad::QueryResult::StartProviding(Err(error)) => Some(error.to_string()),
            _ => None,
        };
        if !last {
            return;
        }
        let Some(Query { call, key, providers }) = self.queries.remove(&id) else { return };
        reply(call, failure.map_or_else(|| Ok(self.describe(&key, &providers)), Err));
    }

    /// A look-up tells ids; the addresses are known of the records that are kept here.
    fn describe(&mut self, key: &RecordKey, providers: &HashSet<PeerId>) -> Value {
        let kept = self.swarm.behaviour_mut().kad.store_mut().providers(key);
        let all: Vec<_> = providers
            .iter()
            .map(|peer| {
                let addresses: Vec<_> =
                    kept.iter().filter(|record| record.provider == *peer).flat_map(|record| &record.addresses).collect();
                json!({ "id": peer.to_string(), "addresses": addresses })
            })
            .collect();
        json!(all)
    }
}
