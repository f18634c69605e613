//! A plain peer of rust-libp2p: identify, ping, a server of the DHT and an echo. Driven by JSON lines on stdin and stdout, as the
//! peers in Go are: see go/control.

mod control;
mod echo;
mod node;

use std::error::Error;

use futures::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::mpsc;

use crate::control::Call;
use crate::node::Node;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut node = Node::listen().await?;
    control::say(&node.ready());

    let (calls, mut called) = mpsc::channel::<Call>(16);
    tokio::spawn(async move {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match serde_json::from_str(&line) {
                Ok(call) => {
                    if calls.send(call).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    eprintln!("stdin: {error}");
                    return;
                }
            }
        }
    });

    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            // Not by a return: tokio would wait for the thread that reads stdin.
            _ = terminated.recv() => std::process::exit(0),
            call = called.recv() => match call {
                Some(call) => node.answer(call),
                None => std::process::exit(0),
            },
            event = node.swarm.select_next_some() => node.see(event),
        }
    }
}
