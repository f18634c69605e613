use serde::Deserialize;
use serde_json::{json, Value};

/// One line in.
#[derive(Deserialize)]
pub struct Call {
    pub call: u64,
    pub method: String,
    #[serde(default)]
    pub params: Value,
}

/// Writes one line; `println!` takes the lock of stdout for all of it.
pub fn say(line: &Value) {
    println!("{line}");
}

/// What a call is answered with, once.
pub fn reply(call: u64, result: Result<Value, String>) {
    say(&match result {
        Ok(result) => json!({ "call": call, "result": result }),
        Err(error) => json!({ "call": call, "result": null, "error": error }),
    });
}
