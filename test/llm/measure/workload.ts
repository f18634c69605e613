import { pcg32 } from '../../../src/core/rng.ts'
import { exponential } from '../../../src/math/draw.ts'
import type { Question } from '../ask.ts'

const PROMPTS = [
  'Why is the sky blue?',
  'Tell me a short story about a fox.',
  'How do plants make food?',
  'What is the moon made of, and how did it come to be where it is?',
  'Explain to a child what a computer does.',
  'How is bread made?',
  'Write a letter to a friend who has moved to another town, and ask how she is.',
  'What does a bee do all day?',
  'Why do leaves fall in autumn?',
  'Give me five ideas for a rainy afternoon with two children and no screens.',
  'What is the difference between a lake and a sea?',
  'Describe a market in the morning: who is there, what is sold, and what it sounds like.'
]

const TOKENS = { least: 8, most: 40 } as const

/** A question and when it is asked, ms after the start. */
export interface TimedQuestion extends Question {
  readonly atMs: number
}

export interface WorkloadOptions {
  readonly jobs: number
  readonly seed: number
  /** Mean time between two questions, ms; they come by chance, as from many people. */
  readonly meanGapMs: number
}

/** Questions of 8 to 40 tokens with Poisson arrivals; the same for the same options. */
export function workload({ jobs, seed, meanGapMs }: WorkloadOptions): TimedQuestion[] {
  const rng = pcg32(seed)
  const spread = TOKENS.most - TOKENS.least + 1
  let atMs = 0
  return Array.from({ length: jobs }, () => {
    atMs += exponential(rng, meanGapMs)
    const prompt = PROMPTS[Math.floor(rng.next() * PROMPTS.length)]
    return { atMs, prompt, maxTokens: TOKENS.least + Math.floor(rng.next() * spread) }
  })
}
