import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { Command } from 'commander'
import type { Journal } from '../../journal/journal.ts'
import { integerFrom } from '../arguments.ts'

export function journalCommand(): Command {
  const journal = new Command('journal').description('look into a journal of decisions and outcomes')
  journal
    .command('count')
    .description('how much is in it')
    .argument('<dir>', 'the journal')
    .action((dir: string) => withJournal(dir, count))
  journal
    .command('read')
    .description('the last decisions, why each was made and what came of it')
    .argument('<dir>', 'the journal')
    .option('--last <n>', 'how many', integerFrom(1), 10)
    .action((dir: string, { last }: { readonly last: number }) => withJournal(dir, (log) => read(log, last)))
  journal
    .command('export')
    .description('every decision with its outcome, as JSON lines')
    .argument('<dir>', 'the journal')
    .option('--out <file>', 'a file (default: standard output)')
    .action((dir: string, { out }: { readonly out?: string }) => withJournal(dir, (log) => exportTo(log, out)))
  return journal
}

async function withJournal(dir: string, work: (journal: Journal) => Promise<void>): Promise<void> {
  const [{ openJournal }, { systemClock }] = await Promise.all([
    import('../../journal/level-journal.ts'),
    import('../../core/clock.ts')
  ])
  const journal = await openJournal(dir, { createIfMissing: false }, { clock: systemClock, timers: systemClock })
  try {
    await work(journal)
  } finally {
    await journal.close()
  }
}

async function count(journal: Journal): Promise<void> {
  const { decisions, outcomes, snapshots } = await journal.counts()
  process.stdout.write(
    `decisions ${decisions}\noutcomes ${outcomes}\nsnapshots ${snapshots}\noutcomes ever ${journal.lastSequence()}\n`
  )
}

async function read(journal: Journal, last: number): Promise<void> {
  const { explain } = await import('../../selector/explain.ts')
  const recent: { readonly text: string }[] = []
  for await (const record of journal.outcomes({ afterSequence: Math.max(0, journal.lastSequence() - last) })) {
    const decision = await journal.decision(record.decisionId)
    if (decision === undefined) continue
    const { outcome } = record
    const came = outcome.ok
      ? `${outcome.outputTokens} tokens in ${Math.round(outcome.durationMs)} ms`
      : `failed (${outcome.reason}) after ${Math.round(outcome.durationMs)} ms`
    const head = `${new Date(decision.atMs).toISOString()}  job ${decision.jobId}, attempt ${decision.attempt}: ${came}, reward ${record.reward.toFixed(2)}`
    recent.push({ text: [head, ...explain(decision).map((line) => `  ${line}`)].join('\n') })
  }
  process.stdout.write(recent.length === 0 ? 'no outcomes yet\n' : `${recent.map(({ text }) => text).join('\n\n')}\n`)
}

async function exportTo(journal: Journal, path: string | undefined): Promise<void> {
  const { exportJsonl } = await import('../../journal/export.ts')
  const out = path === undefined ? process.stdout : createWriteStream(path)
  for await (const line of exportJsonl(journal)) {
    if (!out.write(line.endsWith('\n') ? line : `${line}\n`)) await once(out, 'drain')
  }
  if (path === undefined) return
  out.end()
  await finished(out)
}
