import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EngineError, RequestError } from '../../src/router/transport.ts'
import { answerOf, call, CHAT, NATIVE_CHAT, startBackend } from './support.ts'

interface Recorded {
  readonly path: string
  readonly asked: string
  readonly status: number
  readonly body: string
  readonly fault: 'request' | 'server'
}

const { answers } = JSON.parse(readFileSync(new URL('../fixtures/ollama-0.17.4.json', import.meta.url), 'utf8')) as {
  readonly answers: readonly Recorded[]
}

const REQUESTS = {
  '/api/chat': NATIVE_CHAT,
  '/api/embed': call('embedding', {}, { model: 'tiny', input: ['hi'] }),
  '/v1/chat/completions': CHAT
}

/** The sentence in a recorded body. */
function saidIn(body: string): string {
  const { error } = JSON.parse(body) as { error: string | { message: string } }
  return typeof error === 'string' ? error : error.message
}

describe('what a real Ollama answered', () => {
  it.each(answers)('$path with $asked is the fault of the $fault', async ({ path, status, body, fault }) => {
    const kind = path.startsWith('/api/') ? 'ollama' : 'openai'
    const { backend } = await startBackend({ kind, answers: { [path]: { status, body } } })
    const { error } = await answerOf(backend.infer(REQUESTS[path as keyof typeof REQUESTS], {}))
    expect(error).toBeInstanceOf(fault === 'request' ? RequestError : EngineError)
    expect((error as Error).message).toContain(saidIn(body))
    if (error instanceof RequestError) expect(error.status).toBe(400)
  })
})
