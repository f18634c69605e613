import type { IncomingHttpHeaders } from 'node:http'
import type { WorkloadClass } from '../job/job.ts'
import { invalid } from './api-error.ts'
import type { ModelRule, ResolvedOptions } from './options.ts'

/** On what terms a job runs. */
export interface Terms {
  readonly workloadClass: WorkloadClass
  readonly deadlineMs: number
  /** Most that a million output tokens may cost; Infinity for any price. */
  readonly maxPrice: number
}

/** `*` is any text and `?` any character; slashes are like any other, as models' names have them. */
function globOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')
}

/** A day; timers of Node.js do not go much further than 24 of them. */
const MOST_DEADLINE_MS = 24 * 60 * 60 * 1000

const USUAL_CLASSES = ['interactive', 'batch', 'critical']

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  if (Array.isArray(value)) throw invalid(`the header ${name} must come once`)
  return value
}

function numberOf(headers: IncomingHttpHeaders, name: string, most: number): number | undefined {
  const text = single(headers, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || !(value <= most)) throw invalid(`the header ${name} must be a number up to ${most}`)
  return value
}

function deadlineIn(headers: IncomingHttpHeaders): number | undefined {
  const deadlineMs = numberOf(headers, 'x-peerbandit-deadline-ms', MOST_DEADLINE_MS)
  if (deadlineMs === 0) throw invalid('the header x-peerbandit-deadline-ms must be above 0')
  return deadlineMs
}

const NO_RULE: { readonly rule: Partial<ModelRule> } = { rule: {} }

/** Finds the terms of a job, from the headers of its request, the first rule for its model, and the defaults. */
export class TermsOf {
  #rules: readonly { readonly glob: RegExp; readonly rule: ModelRule }[] = []
  /** Something is kept for every class: clients do not get to make them up. */
  #classes: ReadonlySet<string> = new Set()
  #defaults: ResolvedOptions['defaults']

  constructor(options: ResolvedOptions) {
    this.#defaults = options.defaults
    this.configure(options)
  }

  /** Holds for requests from now on. */
  configure({ rules, classes, defaults }: Pick<ResolvedOptions, 'rules' | 'classes' | 'defaults'>): void {
    this.#rules = rules.map((rule) => ({ glob: globOf(rule.model), rule }))
    this.#defaults = defaults
    const named = rules.flatMap((rule) => (rule.class === undefined ? [] : [rule.class]))
    this.#classes = new Set([...USUAL_CLASSES, ...classes, ...named, defaults.class])
  }

  /** @throws ApiError 400 for headers that are out of range */
  of(model: string, headers: IncomingHttpHeaders): Terms {
    const { rule } = this.#rules.find(({ glob }) => glob.test(model)) ?? NO_RULE
    const maxPrice = numberOf(headers, 'x-peerbandit-max-price', Number.MAX_SAFE_INTEGER)
    const workloadClass = this.#class(headers) ?? rule.class ?? this.#defaults.class
    return {
      workloadClass,
      deadlineMs: deadlineIn(headers) ?? rule.deadlineMs ?? this.#defaults.deadlineMs,
      maxPrice: Math.min(maxPrice ?? Infinity, rule.maxPrice ?? Infinity)
    }
  }

  #class(headers: IncomingHttpHeaders): string | undefined {
    const asked = single(headers, 'x-peerbandit-class')
    if (asked !== undefined && !this.#classes.has(asked))
      throw invalid(`the header x-peerbandit-class must be one of ${[...this.#classes].join(', ')}`)
    return asked
  }
}
