import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock as clock } from '../../src/core/clock.ts'
import { type Answer, ask, greedyChat, inTurn, openAiClient, type Question } from './ask.ts'
import { metricOf } from './client.ts'
import { ModelFleet, SERVER_NAMES } from './measure/fleet.ts'
import { type Served, startServe } from './serve.ts'

const CONTINUED = 'peerbandit_gateway_attempts_failed_total{kept="true"}'

/**
 * Prompts whose answer, cut at any token, goes on in the same words: no two tokens are nearly as likely there, so that it does not matter
 * whether what was said is read as a prompt or was made token by token.
 */
const QUESTIONS: readonly Question[] = [
  'List five fruits.',
  'How do plants make food?',
  'Why do leaves fall in autumn?',
  'Explain what a computer is.',
  'What is water made of?',
  'Name the months of the year, in order.'
].map((prompt) => ({ prompt, maxTokens: 40 }))

let fleet: ModelFleet
let served: Served
let client: OpenAI

beforeAll(async () => {
  fleet = await ModelFleet.start()
  served = await startServe({ servers: fleet.servers, seed: 1 })
  client = openAiClient(served.url)
})

afterAll(async () => {
  const { status, stderr } = await served.stop()
  await fleet.stop()
  expect({ status, errors: stderr.match(/ error .*/gi) }).toEqual({ status: 0, errors: null })
})

function questions(count: number, maxTokens?: number): Question[] {
  return Array.from({ length: count }, (_, i) => {
    const question = QUESTIONS[i % QUESTIONS.length]
    return maxTokens === undefined ? question : { ...question, maxTokens }
  })
}

/** What of an answer is the same whoever gives it. */
type Said = Pick<Answer, 'text' | 'finishReason' | 'promptTokens' | 'outputTokens'>

function saidIn({ text, finishReason, promptTokens, outputTokens }: Answer): Said {
  return { text, finishReason, promptTokens, outputTokens }
}

/** In one piece. */
async function askWhole(question: Question): Promise<Said> {
  const { choices, usage } = await client.chat.completions.create(greedyChat(question))
  const [{ message, finish_reason: finishReason }] = choices
  const { prompt_tokens: promptTokens, completion_tokens: outputTokens } = usage!
  return { text: message.content!, finishReason, promptTokens, outputTokens }
}

/** What a server says that nobody disturbs. */
async function uncut(asked: readonly Question[]): Promise<Said[]> {
  const direct = openAiClient(fleet.servers.medium.url)
  return inTurn(asked, 2, async (question) => saidIn(await ask({ client: direct, clock }, question)))
}

function shareOf(peer: string, answers: readonly Answer[]): number {
  return answers.filter((answer) => answer.peer === peer).length / answers.length
}

describe('answers of real models', () => {
  it('come through as the server itself gives them, streamed and whole', async () => {
    const asked = QUESTIONS.slice(0, 2)
    const said = await uncut(asked)
    expect(await inTurn(asked, 2, async (question) => saidIn(await ask({ client, clock }, question)))).toEqual(said)
    expect(await inTurn(asked, 2, askWhole)).toEqual(said)
    expect(said.map(({ finishReason }) => finishReason)).toEqual(['stop', 'length'])
  })

  it('end their stream with [DONE]', async () => {
    const body = { ...greedyChat({ ...QUESTIONS[0], maxTokens: 8 }), stream: true as const }
    const response = await client.chat.completions.create(body).asResponse()
    const lines = (await response.text()).trim().split('\n\n')
    expect(lines.at(-1)).toBe('data: [DONE]')
    expect(lines.at(-2)).toContain('"finish_reason":"length"')
  })
})

describe('servers of unequal speed', () => {
  it('get jobs by it: the share of the fast one grows', async () => {
    // Another router, which knows nothing.
    const fresh = await startServe({ servers: fleet.servers, seed: 2 })
    const components = { client: openAiClient(fresh.url), clock }
    const answers = await inTurn(questions(75, 16), 2, (question) => ask(components, question))
    await fresh.stop()
    const [first, last] = [answers.slice(0, 25), answers.slice(50)].map((third) => shareOf('fast', third))
    expect(last).toBeGreaterThan(first)
    expect(last).toBeGreaterThan(2 / SERVER_NAMES.length)
  })
})

describe('the fast server', () => {
  it('is killed while it streams, and every answer is what it would have been', async () => {
    const said = await uncut(QUESTIONS)
    const asked = questions(18)
    const peers: string[] = []
    let killed: Promise<void> | undefined
    const answers = await inTurn([...asked.keys()], 3, async (i) => {
      // Every third answer comes in one piece.
      if (i % 3 === 2) return askWhole(asked[i])
      const answer = await ask({ client, clock }, asked[i], ({ peer, pieces }) => {
        if (peer === 'fast' && pieces >= 6) killed ??= fleet.kill('fast')
      })
      peers.push(answer.peer!)
      return saidIn(answer)
    })
    await killed
    expect(killed).toBeDefined()
    expect(answers).toEqual(asked.map((_, i) => said[i % QUESTIONS.length]))
    expect(await metricOf(served.url, CONTINUED)).toBeGreaterThanOrEqual(1)
    expect(peers.at(-1)).not.toBe('fast')
  })

  it('gets jobs again when it is back', async () => {
    await fleet.restart('fast')
    let peer: string | undefined
    for (let asked = 0; asked < 40 && peer !== 'fast'; asked++) {
      peer = (await ask({ client, clock }, { ...QUESTIONS[0], maxTokens: 8 })).peer
    }
    expect(peer).toBe('fast')
  })
})
