import { pcg32 } from '../../../src/core/rng.ts'
import { startMockOllama } from '../mock-ollama.ts'
import type { MockOllama } from '../mock-ollama.ts'
import type { PeerProcess } from '../peer-process.ts'
import { startBootstrap, startWorker } from '../peers.ts'

/** What a worker is, whatever it claims: all claim CrowdLlama's 150 tokens/s. */
export interface WorkerSpec {
  readonly name: string
  /** Of each answer. */
  readonly tokensPerSecond: number
  /** Answers at a time; the others wait. */
  readonly slots: number
  /** Of its answers, how many are an error of its model server, 0 to 1. */
  readonly failureRatio: number
}

/** Unequal as volunteers' machines are: a factor of eight in speed, of four in slots, one that fails now and then. */
export const MIXED_WORKERS: readonly WorkerSpec[] = [
  { name: 'fast', tokensPerSecond: 120, slots: 4, failureRatio: 0 },
  { name: 'good', tokensPerSecond: 80, slots: 4, failureRatio: 0 },
  { name: 'plain', tokensPerSecond: 60, slots: 2, failureRatio: 0 },
  { name: 'flaky', tokensPerSecond: 60, slots: 2, failureRatio: 0.1 },
  { name: 'slow', tokensPerSecond: 30, slots: 2, failureRatio: 0 },
  { name: 'crawling', tokensPerSecond: 15, slots: 1, failureRatio: 0 }
]

export interface MixedWorker {
  readonly spec: WorkerSpec
  readonly ollama: MockOllama
  readonly peer: PeerProcess
}

/** A swarm of CrowdLlama: its bootstrap node, and its workers over model servers of unequal speed. */
export class MixedSwarm {
  readonly bootstrap: PeerProcess
  readonly workers: MixedWorker[] = []
  /** Decides which answers fail. */
  readonly seed: number
  readonly #stops: (() => Promise<void>)[] = []

  private constructor(bootstrap: PeerProcess, seed: number) {
    this.bootstrap = bootstrap
    this.seed = seed
    this.#stops.push(() => bootstrap.stop())
  }

  static async start(specs: readonly WorkerSpec[], seed: number): Promise<MixedSwarm> {
    const swarm = new MixedSwarm(await startBootstrap(), seed)
    try {
      for (const [index, spec] of specs.entries()) await swarm.#add(spec, index)
      return swarm
    } catch (error) {
      await swarm.stop()
      throw error
    }
  }

  async #add(spec: WorkerSpec, index: number): Promise<void> {
    const { tokensPerSecond, slots, failureRatio } = spec
    // The same requests fail in every run.
    const failure = (request: number) =>
      pcg32(this.seed, 1_000_000 * (index + 1) + request).next() < failureRatio ? ('status' as const) : undefined
    const ollama = await startMockOllama({ tokensPerSecond, slots, failure })
    this.#stops.push(() => ollama.stop())
    const peer = await startWorker({ bootstrap: [this.bootstrap.address], ollamaUrl: ollama.url })
    this.#stops.push(() => peer.stop())
    this.workers.push({ spec, ollama, peer })
  }

  /** Requests that each worker has had. */
  requests(): Record<string, number> {
    return Object.fromEntries(this.workers.map(({ spec, ollama }) => [spec.name, ollama.requests]))
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop()
  }
}
