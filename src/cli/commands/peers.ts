import { Command } from 'commander'
import type { Evidence } from '../../peer/evidence.ts'
import { collect, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'
import { networkOf } from '../swarm-file.ts'

interface PeersCommandOptions {
  readonly bootstrap?: readonly string[]
  readonly model?: string
  readonly journal: string
  readonly wait: number
  readonly json?: true
}

export function peersCommand(): Command {
  return new Command('peers')
    .description('find the peers that serve a model, measure them and list them, best first')
    .option('--bootstrap <multiaddr>', 'a node to join the network by (default: the swarm of "demo --serve")', collect)
    .option('--model <name>', 'which model (default: the one of "demo --serve")')
    .option('--journal <dir>', 'where what was learned of them is kept', '.peerbandit/router')
    .option('--json', 'one JSON object a peer, with everything that is known of it')
    .option('--wait <seconds>', 'longest wait for the first peer that serves the model', positive, 15)
    .action(peers)
}

async function peers(options: PeersCommandOptions): Promise<void> {
  const network = await networkOf(options)
  const [{ withRouter }, { peerManager }, { systemClock }] = await Promise.all([
    import('../with-router.ts'),
    import('../../selector/peer-manager.ts'),
    import('../../core/clock.ts')
  ])
  const stopped = untilStopped()
  await withRouter({ network, journal: options.journal, waitMs: options.wait * 1000, signal: stopped.signal }, async (node) => {
    const manager = peerManager({ table: node.table, scoreboard: node.scoreboard, clock: systemClock })
    const members = new Set(node.watch.members(network.model))
    const found = manager.bestPeers(Math.max(1, node.table.size)).filter(({ peer }) => members.has(peer))
    if (options.json !== true) process.stdout.write(`${HEADER}\n`)
    for (const { peer, score } of found) {
      const evidence = manager.peerMetrics(peer)
      if (evidence === undefined) continue
      process.stdout.write(
        `${options.json === true ? JSON.stringify({ peer, score, ...evidence }) : line(peer, score, evidence)}\n`
      )
    }
    await Promise.resolve()
  })
  stopped.release()
}

const HEADER = columns(['peer', 'score', 'rtt ms', 'tok/s seen', 'claimed', 'jobs', 'ok %', 'load', 'gpu'])

function columns(cells: readonly string[]): string {
  const widths = [52, 6, 8, 11, 8, 6, 5, 6, 0]
  return cells.map((cell, i) => (i === 0 || i === 8 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
}

function figure(value: number | undefined, digits = 0): string {
  return value === undefined ? '–' : value.toFixed(digits)
}

function line(peer: string, score: number, { roundTrip, outcomes, claims, load }: Evidence): string {
  const { successRatio } = outcomes
  return columns([
    peer,
    score.toFixed(1),
    figure(roundTrip.meanMs, 1),
    figure(outcomes.tokensPerSecond),
    figure(claims?.tokensPerSecond),
    String(outcomes.count),
    figure(successRatio === undefined ? undefined : successRatio * 100),
    load === undefined ? '–' : `${load.running + load.queued}/${load.slots}`,
    claims?.gpuModel ?? ''
  ])
}
