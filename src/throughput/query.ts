import { checkFinite, checkPositive } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/**
 * What is known of a peer and of a job there before it runs. Everything may be missing; what is missing is known to be missing, and is
 * not taken for an average.
 */
export interface ThroughputQuery {
  /** Name of the GPU as people and tools write it, e.g. "NVIDIA GeForce RTX 4090", "2x RTX 3090". */
  readonly gpu?: string
  /** Memory of one GPU, GB > 0. @default as the catalogue has it */
  readonly vramGb?: number
  /** GPUs that work on the model together, ≥ 1. @default as the name says, else 1 */
  readonly gpuCount?: number
  /** Name of the model, e.g. "llama3.1:8b-instruct-q4_K_M". */
  readonly model?: string
  /** Quantisation, e.g. "Q4_K_M", "fp16". @default as the model's name says */
  readonly quant?: string
  /** Parameters, billions > 0. @default as the model's name says */
  readonly paramsB?: number
  /** Tokens to read, ≥ 1. */
  readonly promptTokens?: number
  /** Tokens to write, ≥ 1. */
  readonly outputTokens?: number
  /** Requests side by side, this one included, ≥ 1. @default 1 */
  readonly concurrency?: number
  /** What the peer says that it writes, tokens/s ≥ 0; 0 where it does not say. No input of the network: see online-head.ts. */
  readonly claimedTokensPerSecond?: number
  /** Round trip to the peer, ms ≥ 0: part of the time to the first token. @default 0 */
  readonly rttMs?: number
  /** Whether the machine runs Windows. Where that is not said, intervals are wider. */
  readonly windows?: boolean
  /** A serving engine with paged attention (vLLM, TensorRT-LLM, SGLang), not llama.cpp and what is made of it. @default false */
  readonly server?: boolean
  /**
   * Whether the engine is llamafile, by which LocalScore measures. Intervals are wider where it is another.
   * @default false, and familiar all the same
   */
  readonly llamafile?: boolean
}

const AT_LEAST_ONE = ['gpuCount', 'promptTokens', 'outputTokens', 'concurrency'] as const
const POSITIVE = ['vramGb', 'paramsB'] as const
const NOT_NEGATIVE = ['claimedTokensPerSecond', 'rttMs'] as const

/** @throws ERR_INVALID_OPTION naming the field, for NaN, Infinity, and what is below its least */
export function checkQuery(query: ThroughputQuery): ThroughputQuery {
  const atLeast = (name: keyof ThroughputQuery, value: number | undefined, least: number) => {
    if (value === undefined || checkFinite(name, value) >= least) return
    throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be at least ${least}, got ${value}`)
  }
  for (const name of AT_LEAST_ONE) atLeast(name, query[name], 1)
  for (const name of NOT_NEGATIVE) atLeast(name, query[name], 0)
  for (const name of POSITIVE) {
    const value = query[name]
    if (value !== undefined) checkPositive(name, checkFinite(name, value))
  }
  return query
}
