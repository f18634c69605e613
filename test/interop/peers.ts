import { PeerProcess } from './peer-process.ts'

/** Every interval of CrowdLlama in seconds instead of half minutes. */
const TEST_MODE = { CROWDLLAMA_TEST_MODE: '1' }

/** The models that every worker of CrowdLlama claims. */
export const CROWDLLAMA_MODELS = ['llama-2-7b', 'llama-2-13b', 'mistral-7b', 'tinyllama'] as const

/** Open connections, and open streams by protocol. */
export interface Counts {
  readonly connections: number
  readonly streams: Readonly<Record<string, number>>
  readonly goroutines?: number
}

/** CrowdLlama's metadata, in its own field names. */
interface WorkerClaims {
  readonly supported_models?: readonly string[]
  readonly tokens_throughput?: number
  readonly vram_gb?: number
  readonly load?: number
  readonly gpu_model?: string
  /** Of somebody else: a forged record. */
  readonly peer_id?: string
}

export interface CrowdllamaOptions {
  /** Addresses of bootstrap nodes. */
  readonly bootstrap: readonly string[]
  /** Everything on its stderr. @default false */
  readonly verbose?: boolean
}

export interface WorkerOptions extends CrowdllamaOptions {
  /** Of a server that answers `/api/chat` like Ollama, without a path. */
  readonly ollamaUrl: string
  /** Instead of what every worker of CrowdLlama claims: four models, 150 tokens/s, an RTX 4090, load 0.3. */
  readonly claims?: WorkerClaims
}

function flags({ bootstrap, verbose = false }: CrowdllamaOptions): string[] {
  return ['-bootstrap', bootstrap.join(','), ...(verbose ? ['-verbose'] : [])]
}

/** CrowdLlama's DHT server. */
export function startBootstrap(): Promise<PeerProcess> {
  return PeerProcess.start('crowdllama', { args: ['bootstrap'], env: TEST_MODE })
}

/** A worker of CrowdLlama. It advertises itself twice a second. */
export function startWorker(options: WorkerOptions): Promise<PeerProcess> {
  const claims = options.claims === undefined ? [] : ['-claims', JSON.stringify(options.claims)]
  return PeerProcess.start('crowdllama', {
    args: ['worker', ...flags(options), '-ollama', options.ollamaUrl, ...claims],
    env: TEST_MODE
  })
}

/** A consumer of CrowdLlama with its gateway, at `ready.url`. */
export function startConsumer(options: CrowdllamaOptions): Promise<PeerProcess> {
  return PeerProcess.start('crowdllama', { args: ['consumer', ...flags(options)], env: TEST_MODE })
}

/** Resolves with the ids of the workers, when the consumer knows exactly so many healthy ones of a model. */
export function awaitWorkers(consumer: PeerProcess, model: string, count: number, timeoutMs = 60_000): Promise<string[]> {
  return consumer.call<string[]>('await', { model, count, timeoutMs })
}

/** The worker that CrowdLlama's own selection names, this time. */
export function bestWorker(consumer: PeerProcess, model: string): Promise<string> {
  return consumer.call<string>('best', { model })
}

export interface GoLibp2pOptions {
  /** What its DHT's protocol begins with, before `/kad/1.0.0`. @default '/peerbandit' */
  readonly dhtPrefix?: string
  /** @default 'go-libp2p-interop/1.0.0' */
  readonly agent?: string
  /** Without the limits of connections and streams that go-libp2p has by default. @default false */
  readonly unlimited?: boolean
}

/** A plain peer of go-libp2p: identify, ping, a DHT server and the echo of {@link ECHO_PROTOCOL}. */
export function startGoLibp2p({
  dhtPrefix = '/peerbandit',
  agent,
  unlimited = false
}: GoLibp2pOptions = {}): Promise<PeerProcess> {
  const args = ['-dht-prefix', dhtPrefix, ...(agent === undefined ? [] : ['-agent', agent]), ...(unlimited ? ['-unlimited'] : [])]
  return PeerProcess.start('go-libp2p', { args })
}

/** A plain peer of rust-libp2p with the same parts and the same methods. */
export function startRustLibp2p(): Promise<PeerProcess> {
  return PeerProcess.start('rust-libp2p')
}

/** Resolves when no stream of a protocol is open at a peer. @throws with their number after `timeoutMs` */
export async function awaitQuiet(peer: PeerProcess, protocol: string, timeoutMs = 5_000): Promise<void> {
  await peer.call('quiet', { protocol, timeoutMs })
}

/** Sends back what comes, until its end. */
export const ECHO_PROTOCOL = '/peerbandit-interop/echo/1.0.0'
