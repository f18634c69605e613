import { pathToFileURL } from 'node:url'
import type { ModelSetUp } from '../set-up.ts'

// The part of node-llama-cpp that is used. It is installed apart from the project, so its own types may not be there.

export type Token = number

export interface Sampling {
  /** 0 takes the likeliest token always. */
  readonly temperature: number
  readonly topP: number
  /** Of the random numbers; missing: another one every time. */
  readonly seed?: number | undefined
}

export interface Sequence {
  readonly contextSize: number
  clearHistory(): Promise<void>
  /** Yields sampled tokens until one ends the text. */
  evaluate(tokens: readonly Token[], sampling: Sampling): AsyncGenerator<Token, void>
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>
}

export interface Model {
  tokenize(text: string, specialTokens: boolean): Token[]
  detokenize(tokens: readonly Token[]): string
  createContext(options: ContextOptions): Promise<{ getSequence(): Sequence }>
}

interface ContextOptions {
  readonly sequences: number
  /** Tokens of prompt and answer together. */
  readonly contextSize: number
  readonly batchSize: number
  readonly threads: number
}

interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<Model>
  dispose(): Promise<void>
}

interface LlamaModule {
  readonly getLlama: (options: Readonly<Record<string, unknown>>) => Promise<Llama>
}

export interface LoadedModel {
  readonly model: Model
  readonly sequences: readonly Sequence[]
  close(): Promise<void>
}

export interface LoadOptions {
  readonly threads: number
  /** Answers at a time. */
  readonly slots: number
  /** Tokens of prompt and answer together, of each slot. */
  readonly contextSize: number
}

/** Most prompt tokens that are read in one turn at the machine. */
export const PROMPT_BATCH = 64

/**
 * Loads a GGUF on the CPU. Each slot has a context of its own: tokens that share a batch are computed in another order of sums, and an
 * answer would depend on who else is being answered.
 */
export async function loadModel({ runtimePath, modelPath }: ModelSetUp, options: LoadOptions): Promise<LoadedModel> {
  const { threads, slots, contextSize } = options
  const { getLlama } = (await import(pathToFileURL(runtimePath).href)) as LlamaModule
  const llama = await getLlama({
    ...{ gpu: false, build: 'never', skipDownload: true, progressLogs: false },
    ...{ maxThreads: threads, logLevel: 'error' }
  })
  const model = await llama.loadModel({ modelPath })
  const sequences: Sequence[] = []
  for (let i = 0; i < slots; i++) {
    const context = await model.createContext({ sequences: 1, contextSize, batchSize: PROMPT_BATCH, threads })
    sequences.push(context.getSequence())
  }
  return { model, sequences, close: () => llama.dispose() }
}
