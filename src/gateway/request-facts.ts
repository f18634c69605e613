import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Rng } from '../core/rng.ts'

/** What is known of a request, for its headers, its log line and its metrics. */
export interface RequestFacts {
  readonly id: string
  readonly startMs: number
  route: string
  /** The name of the key. */
  key?: string
  model?: string
  workloadClass?: string
  decision?: string
  peer?: string
  attempts: number
  firstTokenMs?: number
  promptTokens?: number
  outputTokens?: number
  /** Why it failed. */
  error?: string
  prompt?: string
}

/** Makes ids of letters and digits. */
export function idMaker(rng: Rng | undefined): () => string {
  if (rng === undefined) return () => randomUUID().replaceAll('-', '')
  const word = () =>
    Math.floor(rng.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return () => word() + word() + word() + word()
}

/** The client's own id if it is one that may stand in headers and logs. */
export function requestIdOf({ headers }: IncomingMessage, newId: () => string): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : newId()
}

/** Any name as text that a header can carry. */
export function headerText(text: string): string {
  return text
    .slice(0, 256)
    .toWellFormed()
    .replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character))
}
