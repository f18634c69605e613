import { PUBLISHED, type PublishedSize } from './published-models.ts'

/** Parameters of a model in billions; undefined where the name does not say. */
export interface ModelSize {
  readonly paramsB: number | undefined
  /** Those that a token passes through: all of them, except in a mixture of experts. */
  readonly activeParamsB: number | undefined
}

/** Above 0. */
const NUMBER = String.raw`(?=[\d.]{0,8}[1-9])\d{1,4}(?:\.\d{1,3})?`
/** No letter or digit before, nor the start of a decimal. */
const START = String.raw`(?<![a-z0-9]|\d\.)`
const END = '(?![a-z0-9])'

/** "8x7b" */
const EXPERTS = new RegExp(`${START}([1-9]\\d{0,2})x(${NUMBER})b${END}`)
/** "8b", "1.1b", "2.4t", "360m", and "7b1" as BLOOM writes it: tenths behind the unit, where there are none before it */
const PLAIN = new RegExp(`${START}(${NUMBER})(b|t|m)((?<!\\.\\d{1,3}[btm])\\d)?${END}`, 'g')
/** "llama7b" */
const GLUED = new RegExp(`[a-z]{2}(${NUMBER})b${END}`)
/** "a3b", "a400m": what is active of a mixture. "e4b": what is effective of Gemma's with their embeddings elsewhere. */
const ACTIVE = new RegExp(`${START}a(${NUMBER})(b|m)${END}`)
const EFFECTIVE = new RegExp(`${START}e(${NUMBER})b${END}`)

/** Millions are a model's from here up; "1m" is a context. */
const LEAST_MILLIONS = 10

function billions(number: string, unit: string, tenths = ''): number {
  const value = Number(tenths === '' ? number : `${number}.${tenths}`)
  if (unit === 't') return value * 1000
  return unit === 'm' ? value / 1000 : value
}

interface SaidSize {
  /** As the table of published sizes has it: "8b", "8x7b", "e4b". */
  readonly text: string
  readonly paramsB: number | undefined
  readonly activeParamsB?: number
}

/** Of a mixture written as n × p: what all experts share is about a fifth of p, and two of them work on a token (Mixtral). */
const SHARED = 0.22
const AT_WORK = 2

function expertsSize(text: string): SaidSize | undefined {
  const [whole, experts, each] = EXPERTS.exec(text) ?? []
  if (whole === undefined) return undefined
  const [count, size] = [Number(experts), Number(each)]
  const of = (working: number) => Number((size * (working * (1 - SHARED) + SHARED)).toPrecision(3))
  return { text: whole, paramsB: of(count), activeParamsB: of(Math.min(count, AT_WORK)) }
}

function plainSize(text: string): SaidSize | undefined {
  const found = [...text.matchAll(PLAIN)].filter(([, number, unit]) => unit !== 'm' || Number(number) >= LEAST_MILLIONS)
  const best = found.find(([, , unit]) => unit !== 'm') ?? found.at(0)
  if (best !== undefined) return { text: best[0], paramsB: billions(best[1], best[2], best[3]) }
  const effective = EFFECTIVE.exec(text)
  if (effective !== null) return { text: effective[0], paramsB: undefined, activeParamsB: Number(effective[1]) }
  const glued = GLUED.exec(text)?.[1]
  return glued === undefined ? undefined : { text: `${glued}b`, paramsB: Number(glued) }
}

function publishedSize(text: string, said: string): PublishedSize | undefined {
  return PUBLISHED.find(([line, sizes]) => line.test(text) && Object.hasOwn(sizes, said))?.[1][said]
}

/** What the name says. */
function saidSize(text: string): SaidSize {
  const said = expertsSize(text) ?? plainSize(text) ?? { text: '', paramsB: undefined }
  const [, number, unit] = ACTIVE.exec(text) ?? []
  return number === undefined ? said : { ...said, activeParamsB: billions(number, unit) }
}

/**
 * @param text a model's name in lower case, with "-" between its parts. Numbers of versions, dates and contexts have no unit, or
 * another, and are passed over.
 */
export function readModelSize(text: string): ModelSize {
  const said = saidSize(text)
  const published = publishedSize(text, said.text)
  if (published === undefined) return { paramsB: said.paramsB, activeParamsB: said.activeParamsB ?? said.paramsB }
  if (typeof published === 'number') return { paramsB: published, activeParamsB: said.activeParamsB ?? published }
  return { paramsB: published[0], activeParamsB: published[1] }
}
