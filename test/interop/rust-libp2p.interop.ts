import { behavesWith } from './libp2p-suite.ts'
import { startRustLibp2p } from './peers.ts'

behavesWith({
  name: 'a plain peer of rust-libp2p',
  agent: /^rust-libp2p-interop\/1\.0\.0$/,
  start: () => startRustLibp2p()
})
