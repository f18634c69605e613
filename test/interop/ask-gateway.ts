import { systemClock } from '../../src/core/clock.ts'
import type { AbortOptions } from '../../src/core/abort.ts'
import { withDeadline } from '../../src/core/abort.ts'

/** What CrowdLlama's gateway answered. */
export interface GatewayAnswer {
  readonly status: number
  /** Empty where the worker could not say anything. */
  readonly text: string
  readonly model: string
  readonly done: boolean
  /** Of the gateway, as JSON or plain text. */
  readonly error?: string
}

interface GatewayBody {
  readonly model?: string
  readonly message?: { readonly content?: string }
  readonly done?: boolean
  readonly error?: string
}

function parse(status: number, text: string): GatewayAnswer {
  let body: GatewayBody
  try {
    body = JSON.parse(text) as GatewayBody
  } catch {
    body = { error: text.trim() }
  }
  const { model = '', message, done = false, error } = body
  return { status, text: message?.content ?? '', model, done, ...(error === undefined ? {} : { error }) }
}

export interface GatewayQuestion extends AbortOptions {
  readonly model: string
  readonly prompt: string
  readonly stream?: boolean
  /** @default 120000 */
  readonly timeoutMs?: number
}

/** Asks CrowdLlama's gateway, which chooses a worker. @throws ERR_TIMEOUT, the signal's reason, what fetch throws */
export function askGateway(url: string, question: GatewayQuestion): Promise<GatewayAnswer> {
  const { model, prompt, stream = false, timeoutMs = 120_000, signal: outer } = question
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], stream })
  return withDeadline(systemClock, { ms: timeoutMs, what: `CrowdLlama's answer`, signal: outer }, async (signal) => {
    const reply = await fetch(`${url}/api/chat`, { method: 'POST', body, signal })
    return parse(reply.status, await reply.text())
  })
}

/** Whether an answer is what was asked for: CrowdLlama reports a worker's failure as an answer with status 200. */
export function isWhole({ status, text, model, done }: GatewayAnswer): boolean {
  return status === 200 && done && model !== '' && !text.startsWith('Error: ')
}
