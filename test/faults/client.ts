import { Agent, request, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { systemClock } from '../../src/core/clock.ts'
import { type Dialect, DIALECTS, type Piece, type Question } from './dialects.ts'
import { tokensOf } from './echo-words.ts'

/**
 * How a request ended. Good: `complete`, `left` (by the client, on purpose), and the explicit errors `http-error`, `stream-error` and
 * `connection` (only while the router is away). Never: `silent` (a stream that just ends), `hang`, `wrong` (another answer than the right
 * one), `no-error-object` (an error in no API's words).
 */
export type EndingKind =
  'complete' | 'left' | 'http-error' | 'stream-error' | 'connection' | 'silent' | 'hang' | 'wrong' | 'no-error-object'

interface Ending {
  readonly kind: EndingKind
  /** Code of the error, or what is wrong. */
  readonly detail: string
}

export interface Asking {
  readonly question: Question
  readonly ending: Ending
  /** By the header of the answer. */
  readonly decision: string | undefined
  /** The server that had the job when the answer began, by its header. */
  readonly peer: string | undefined
  /** Answers of servers that it was made of, as `NAME/…`; of a whole reply the first and the last. */
  readonly answers: readonly string[]
  /** Whether any of the answer had come. */
  readonly begun: boolean
  readonly startMs: number
  readonly endMs: number
  readonly endWallMs: number
}

/** What came of an answer, in one piece or many. */
class Answer {
  text = ''
  tool = ''
  finishes: string[] = []
  usages: number[] = []
  readonly answers = new Set<string>()

  take({ text, tool, finishes, usedTokens, answers }: Piece): void {
    this.text += text
    this.tool += tool
    this.finishes.push(...finishes)
    if (usedTokens !== undefined) this.usages.push(usedTokens)
    for (const answer of answers) this.answers.add(answer)
  }

  /** @returns what is wrong with it, if anything is */
  problem({ api, tools, streamed, usage, ...asked }: Question): string | undefined {
    const whole = tokensOf(asked).join('')
    const wanted = tools ? '' : whole
    const wantedTool = tools ? JSON.stringify({ text: whole }) : ''
    if (this.text !== wanted) return `text ${JSON.stringify(this.text.slice(0, 200))} of ${asked.nonce} × ${asked.tokens}`
    if (this.tool !== wantedTool)
      return `tool call ${JSON.stringify(this.tool.slice(0, 200))} of ${asked.nonce} × ${asked.tokens}`
    const finish = tools ? 'tool_calls' : 'stop'
    if (this.finishes.join() !== finish) return `finish reasons ${this.finishes.join()}, not ${finish}`
    if (!DIALECTS[api].tellsUsage(streamed, usage)) return undefined
    return this.#usageProblem(asked.tokens + (tools ? 2 : 0), api !== 'ollama')
  }

  /**
   * Half a token counts as one: every server but the last may have begun one.
   * @param tellsAnswers whether answers tell by whom they are
   */
  #usageProblem(tokens: number, tellsAnswers: boolean): string | undefined {
    const [told] = this.usages
    const servers = tellsAnswers ? this.answers.size : 4
    const most = servers > 1 ? tokens + servers + 1 : tokens
    if (this.usages.length === 1 && told >= tokens && told <= most) return undefined
    return `usages ${this.usages.join()} of ${tokens} tokens by ${servers} answers`
  }
}

function judged(answer: Answer, question: Question): Ending {
  const problem = answer.problem(question)
  return problem === undefined ? { kind: 'complete', detail: '' } : { kind: 'wrong', detail: problem }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** One request on its way. */
class Exchange {
  readonly #question: Question
  readonly #dialect: Dialect
  readonly #startMs = systemClock.now()
  readonly #answer = new Answer()
  readonly #done = Promise.withResolvers<Asking>()
  #decision: string | undefined
  #peer: string | undefined
  #begun = false

  constructor(question: Question) {
    this.#question = question
    this.#dialect = DIALECTS[question.api]
  }

  run(agent: Agent, port: number, deadlineMs: number): Promise<Asking> {
    const body = JSON.stringify(this.#dialect.body(this.#question))
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const { path } = this.#dialect
    const message = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers })
    const cancel = systemClock.after(deadlineMs, () => {
      this.#end({ kind: 'hang', detail: this.#begun ? 'in the middle' : 'before the answer' })
      message.destroy()
    })
    message.once('error', (error) => {
      this.#end({ kind: 'connection', detail: codeOf(error) })
    })
    message.once('response', (response) => {
      this.#begun = true
      this.#decision = headerOf(response, 'x-peerbandit-decision')
      this.#peer = headerOf(response, 'x-peerbandit-peer')
      response.setEncoding('utf8')
      response.once('error', (error) => {
        this.#end({ kind: 'connection', detail: codeOf(error) })
      })
      if (response.statusCode === 200 && this.#question.streamed) this.#readStream(response, () => message.destroy())
      else this.#readWhole(response)
    })
    message.end(body)
    return this.#done.promise.finally(cancel)
  }

  /** The first end counts. */
  #end(ending: Ending): void {
    const endMs = systemClock.now()
    this.#done.resolve({
      question: this.#question,
      ending,
      decision: this.#decision,
      peer: this.#peer,
      answers: [...this.#answer.answers],
      begun: this.#begun,
      startMs: this.#startMs,
      endMs,
      endWallMs: systemClock.wall()
    })
  }

  #readWhole(response: IncomingMessage): void {
    let text = ''
    response.on('data', (piece: string) => (text += piece))
    response.once('end', () => {
      const said = parsed(text)
      if (response.statusCode !== 200) this.#end(this.#refused(response.statusCode, said, text))
      else if (said === undefined || this.#dialect.error(said) !== undefined)
        this.#end({ kind: 'wrong', detail: text.slice(0, 200) })
      else {
        this.#answer.take(this.#dialect.piece(said))
        this.#end(judged(this.#answer, this.#question))
      }
    })
  }

  #refused(status: number | undefined, said: object | undefined, text: string): Ending {
    const error = said && this.#dialect.error(said)
    if (error?.isProper !== true) return { kind: 'no-error-object', detail: `${status} ${text.slice(0, 200)}` }
    return { kind: 'http-error', detail: `${status} ${error.code}` }
  }

  #readStream(response: IncomingMessage, leave: () => void): void {
    let events = 0
    let ending: Ending | undefined
    const feed = eventsOf(this.#dialect, (data) => {
      events += 1
      if (ending !== undefined) ending = { kind: 'wrong', detail: `more after the end: ${data.slice(0, 200)}` }
      else ending = data === '[DONE]' && !this.#dialect.isLines ? judged(this.#answer, this.#question) : this.#piece(data)
    })
    response.on('data', (piece: string) => {
      feed(piece)
      const { leavesAfter } = this.#question
      if (ending !== undefined || leavesAfter === undefined || events < leavesAfter) return
      this.#end({ kind: 'left', detail: '' })
      leave()
    })
    response.once('end', () => {
      this.#end(ending ?? { kind: 'silent', detail: `after ${events} events` })
    })
  }

  /** @returns how it ends, if it does */
  #piece(data: string): Ending | undefined {
    const said = parsed(data)
    if (said === undefined) return { kind: 'wrong', detail: `not JSON: ${data.slice(0, 200)}` }
    const error = this.#dialect.error(said)
    if (error !== undefined) return { kind: error.isProper ? 'stream-error' : 'no-error-object', detail: error.code }
    this.#answer.take(this.#dialect.piece(said))
    return this.#dialect.isLast(said) ? judged(this.#answer, this.#question) : undefined
  }
}

/** @returns takes a stream's text, however it is cut */
function eventsOf({ isLines }: Dialect, onEvent: (data: string) => void): (text: string) => void {
  if (!isLines) {
    const parser = createParser({
      onEvent: ({ data }) => {
        onEvent(data)
      }
    })
    return (text) => {
      parser.feed(text)
    }
  }
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onEvent(line)
  }
}

/** Asks over kept connections. */
export class Client {
  readonly #agent: Agent
  readonly #port: number
  readonly #deadlineMs: number

  /** @param deadlineMs after this a request hangs */
  constructor(port: number, connections: number, deadlineMs: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#port = port
    this.#deadlineMs = deadlineMs
  }

  ask(question: Question): Promise<Asking> {
    return new Exchange(question).run(this.#agent, this.#port, this.#deadlineMs)
  }

  close(): void {
    this.#agent.destroy()
  }
}
