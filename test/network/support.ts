import { afterEach } from 'vitest'
import { multiaddr } from '@multiformats/multiaddr'
import type { Stream } from '@libp2p/interface'
import type { LoadReport } from '../../src/job/outcome.ts'
import { createNode } from '../../src/network/node.ts'
import type { NetworkNode, NodeOptions } from '../../src/network/node.ts'
import type { Claims } from '../../src/peer/observation.ts'
import type { Engine, InferenceEvent, InferenceRequest } from '../../src/router/transport.ts'

const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const thing of started.splice(0).reverse()) await thing.stop()
})

/** Stopped after the test, the last one first. */
export function stopLater<T extends { stop(): Promise<void> }>(thing: T): T {
  started.push(thing)
  return thing
}

export const ANY_PORT = '/ip4/127.0.0.1/tcp/0'

/** A DHT server on a free port, unless told otherwise. */
export async function startNode(options: NodeOptions = {}): Promise<NetworkNode> {
  return stopLater(await createNode({ listen: [ANY_PORT], role: 'server', ...options }))
}

/** Two nodes, the first connected to the second. */
export async function startPair(): Promise<readonly [client: NetworkNode, server: NetworkNode]> {
  const server = await startNode()
  const client = await startNode({ listen: [], role: 'client' })
  await client.libp2p.dial(multiaddr(server.addresses()[0]))
  return [client, server]
}

export function emptyLoad(overrides: Partial<LoadReport> = {}): LoadReport {
  return { slots: 2, running: 0, queued: 0, tokensPerSecond: 40.5, ...overrides }
}

export function someClaims(overrides: Partial<Claims> = {}): Claims {
  return { models: ['tiny'], tokensPerSecond: 80, gpuModel: 'RTX 3080', vramGb: 10, loadRatio: 0.2, ...overrides }
}

export function someRequest(overrides: Partial<InferenceRequest> = {}): InferenceRequest {
  return { jobId: 'job-1', model: 'tiny', prompt: 'is the sky blue?', promptTokens: 0, maxTokens: 3, ...overrides }
}

/** Says "word " as often as it is asked to. */
export function wordEngine(): Engine {
  return {
    load: emptyLoad,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *infer({ maxTokens }) {
      for (let i = 0; i < maxTokens; i++) yield { kind: 'tokens', text: 'word ', count: 1 }
      yield { kind: 'done', promptTokens: 4, outputTokens: maxTokens, load: emptyLoad({ running: 1 }) }
    }
  }
}

export async function collect(events: AsyncIterable<InferenceEvent>): Promise<InferenceEvent[]> {
  const all: InferenceEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected a rejection')
    },
    (error: unknown) => error
  )
}

/** A peer that answers a protocol as it likes. */
export async function misbehave(
  node: NetworkNode,
  protocol: string,
  answer: (stream: Stream) => void | Promise<void>
): Promise<void> {
  await node.libp2p.handle(protocol, answer)
}

/** A promise and what settles it, for events that a test waits for. */
export function signalOf<T = void>(): { readonly seen: Promise<T>; readonly tell: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { seen: promise, tell: resolve }
}
