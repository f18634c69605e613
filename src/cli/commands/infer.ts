import { Command } from 'commander'
import type { JobEvent } from '../../router/job-router.ts'
import { collect, integerFrom, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'
import { networkOf } from '../swarm-file.ts'

interface InferCommandOptions {
  readonly bootstrap?: readonly string[]
  readonly model?: string
  readonly maxTokens: number
  readonly class: string
  readonly deadline: number
  readonly journal: string
  readonly throughput?: string
  readonly wait: number
}

export function inferCommand(): Command {
  return new Command('infer')
    .description('run one job on a running swarm: streams the tokens, then says why this peer was chosen')
    .argument('<prompt>', 'what to ask')
    .option('--bootstrap <multiaddr>', 'a node to join the network by (default: the swarm of "demo --serve")', collect)
    .option('--model <name>', 'which model (default: the one of "demo --serve")')
    .option('--max-tokens <n>', 'most tokens to produce', integerFrom(1, 1_000_000), 64)
    .option('--class <name>', 'workload class', 'interactive')
    .option('--deadline <seconds>', 'the answer is worth nothing after this', positive, 60)
    .option('--journal <dir>', 'where decisions and what was learned are kept', '.peerbandit/router')
    .option('--throughput <dir>', 'throughput models: the one that serves says where new peers start (default: none)')
    .option('--wait <seconds>', 'longest wait for the first peer that serves the model', positive, 15)
    .action(infer)
}

async function infer(prompt: string, options: InferCommandOptions): Promise<void> {
  const network = await networkOf(options)
  const [{ withRouter }, { randomUUID }] = await Promise.all([import('../with-router.ts'), import('node:crypto')])
  const stopped = untilStopped()
  const { journal, throughput, wait } = options
  const start = { network, journal, waitMs: wait * 1000, signal: stopped.signal, ...(throughput !== undefined && { throughput }) }
  await withRouter(start, async (node) => {
    const job = {
      id: randomUUID(),
      model: network.model,
      workloadClass: options.class,
      promptTokens: Math.ceil(prompt.length / 4),
      expectedOutputTokens: options.maxTokens,
      deadlineMs: options.deadline * 1000
    }
    for await (const event of node.run(job, { text: prompt, maxTokens: options.maxTokens }, { signal: stopped.signal })) {
      await show(event)
    }
  })
  stopped.release()
}

async function show(event: JobEvent): Promise<void> {
  switch (event.kind) {
    case 'attempt':
      break
    case 'tokens':
      process.stdout.write(event.text)
      break
    case 'attempt-failed':
      process.stderr.write(`\n[${event.decision.peer} failed (${event.reason}): ${event.message}; trying another]\n`)
      break
    case 'done': {
      const { explain } = await import('../../selector/explain.ts')
      process.stdout.write('\n')
      process.stderr.write(`\n${explain(event.decision).join('\n')}\n`)
    }
  }
}
