import { pino } from 'pino'
import { type Clock, systemClock } from '../core/clock.ts'
import { isPeerbanditError, messageOf } from '../core/errors.ts'
import type { Config } from './config/config-schema.ts'
import { REDACTED } from './config/redact.ts'

type Level = Config['log']['level']

/** What goes with an event, in one line. What is undefined is left out; `level`, `time` and `event` are taken. */
export type LogFields = Readonly<Record<string, unknown>>

/** A line an event, to standard error. */
export interface Log {
  error(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  debug(event: string, fields?: LogFields): void
  /** A prompt, where the configuration allows it; nothing otherwise. */
  prompt(text: string, fields?: LogFields): void
  /** A log whose events have these fields too. Takes part in {@link configure}. */
  with(fields: LogFields): Log
  /** Takes over another configuration, and the secrets that must not be in any line: those of at least 8 characters are hidden. */
  configure(options: Config['log'], secrets?: readonly string[]): void
}

export interface LogComponents {
  readonly clock?: Pick<Clock, 'wall'>
  /** Takes whole lines. @default standard error */
  readonly write?: (line: string) => void
}

/** Lines are made by pino, in the order of its fields: level, time, event, others. */
export function daemonLog(options: Config['log'], components: LogComponents = {}): Log {
  const { clock = systemClock, write = (line: string) => process.stderr.write(line) } = components
  const state: State = { options, secrets: [] }
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      formatters: { level: (level) => ({ level }) },
      timestamp: () => `,"time":"${new Date(clock.wall()).toISOString()}"`
    },
    { write: (line) => write(hidden(state.options.format === 'json' ? line : textLine(line), state.secrets)) }
  )
  return new PinoLog(logger, state, {})
}

/** Shared by a log and all that come of it. */
interface State {
  options: Config['log']
  secrets: readonly string[]
}

class PinoLog implements Log {
  readonly #logger: pino.Logger
  readonly #state: State
  readonly #fields: LogFields

  constructor(logger: pino.Logger, state: State, fields: LogFields) {
    this.#logger = logger
    this.#state = state
    this.#fields = fields
  }

  error(event: string, fields?: LogFields): void {
    this.#line('error', event, fields)
  }

  warn(event: string, fields?: LogFields): void {
    this.#line('warn', event, fields)
  }

  info(event: string, fields?: LogFields): void {
    this.#line('info', event, fields)
  }

  debug(event: string, fields?: LogFields): void {
    this.#line('debug', event, fields)
  }

  prompt(text: string, fields: LogFields = {}): void {
    if (this.#state.options.prompts) this.#line('debug', 'prompt', { ...fields, text })
  }

  with(fields: LogFields): Log {
    return new PinoLog(this.#logger, this.#state, { ...this.#fields, ...fields })
  }

  configure(options: Config['log'], secrets: readonly string[] = this.#state.secrets): void {
    this.#logger.level = options.level
    Object.assign(this.#state, { options, secrets: formsOf(secrets) } satisfies State)
  }

  #line(level: Level, event: string, fields: LogFields = {}): void {
    this.#logger[level]({ ...this.#fields, ...fields }, event)
  }
}

/** What is shorter is a placeholder ("none", "true"), and hiding it would spoil lines that have nothing to do with it. */
const LEAST_SECRET_CHARACTERS = 8

/** Secrets as they stand in lines: as they are, and as JSON spells them. The longest first: one may be part of another. */
function formsOf(secrets: readonly string[]): string[] {
  const long = secrets.filter((secret) => secret.length >= LEAST_SECRET_CHARACTERS)
  const forms = new Set(long.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))
  return [...forms].toSorted((a, b) => b.length - a.length)
}

function hidden(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), line)
}

type Parsed = Readonly<Record<string, unknown>> & { readonly level: string; readonly time: string; readonly event: string }

/** `2026-01-02T03:04:05.678Z warn  event field=value other="with blanks"` */
function textLine(json: string): string {
  const { level, time, event, ...fields } = JSON.parse(json) as Parsed
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`)
  return `${time} ${level.padEnd(5)} ${event.replaceAll(/\s+/g, ' ')}${rest.join('')}\n`
}

function fieldText(value: unknown): string {
  if (Array.isArray(value)) return value.map(fieldText).join(',')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s"=,]+$/.test(text) ? text : JSON.stringify(text)
}

/** The fields of an error: its code, where it has one, and its message. Stacks stay out: they take many lines. */
export function errorFields(error: unknown): LogFields {
  return { ...(isPeerbanditError(error) && { code: error.code }), message: messageOf(error) }
}
