// Fits what a composed fleet of peers is drawn from:
//   node training/fit-fleet.ts --data DIR [--out data/fleet/p2p.json]
// DIR holds the folders vast-fleet-mix, gpu-specs, rtt-seattle and tor-relay-churn, as data/README.md describes them.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { fitGpus, fitRoundTrips, fitUptimes, type RecordedSession, weibullShape } from '../src/simulation/workload/fit-fleet.ts'

const SOURCES = [
  {
    name: 'GPUs that vast.ai hosts offered on 2025-12-07',
    origin: 'https://github.com/Wenjia000/Muti-Agent_AI_System at cb0e034, gpu-stats.json, from the 500.farm exporter'
  },
  {
    name: 'Memory and memory bandwidth of GPUs (facts from TechPowerUp)',
    origin: 'https://github.com/reox007/RightNow-GPU-Database at dfb3c9a, data/all-gpus.json',
    licence: 'Apache-2.0'
  },
  {
    name: 'Round trips between 99 personal devices of the Seattle testbed over three hours',
    origin: 'https://github.com/uofa-rzhu3/NetLatency-Data at a584557, Seattle',
    citation: 'Zhu et al., IEEE/ACM Transactions on Networking, 2017',
    licence: 'MIT'
  },
  {
    name: 'When 6,000 hosts of Tor relays were there, Dec 2025 to Apr 2026',
    origin: 'https://github.com/doodad-labs/tor-node-tracker at 4a4825c, history of active/relay-nodes.txt'
  }
]

/** Kinds of GPUs that are kept. */
const KINDS = 16

/** The least memory for a model of 8 billion parameters at four bits, GB. */
const LEAST_VRAM_GB = 6

/** Names of the fleet that the table of GPUs has otherwise. */
const ALIASES: Readonly<Record<string, string>> = {
  H200: 'H200 SXM 141 GB',
  'H100 SXM': 'H100 SXM5 80 GB',
  'A100 SXM4': 'A100 SXM4 80 GB'
}

const SEATTLE = { slices: 688, nodes: 99 }

function round(value: number): number {
  return Number(value.toPrecision(4))
}

type Row = Readonly<Record<string, string>>

async function rows(...path: readonly string[]): Promise<Row[]> {
  const [header, ...lines] = (await readFile(join(...path), 'utf8')).trim().split(/\r?\n/)
  const names = header.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, i) => [names[i], field])))
}

async function gpus(directory: string) {
  const counts = Map.groupBy(await rows(directory, 'vast-fleet-mix', 'vast_gpu_counts.csv'), ({ gpu }) => gpu)
  const specs = await rows(directory, 'gpu-specs', 'gpu_specs.csv')
  const specOf = (gpu: string) => {
    const wanted = ALIASES[gpu] ?? gpu
    const names = [wanted, `GeForce ${wanted}`]
    // "GeForce RTX 3060 12 GB" is one of the kinds of RTX 3060: the one with the most memory is what is rented.
    const same = specs.filter(({ name }) =>
      names.some((known) => name === known || (/^ \d+ GB$/.test(name.slice(known.length)) && name.startsWith(known)))
    )
    return same.sort((a, b) => Number(b.vram_gb) - Number(a.vram_gb)).at(0)
  }
  const known = [...counts].flatMap(([gpu, entries]) => {
    const spec = specOf(gpu)
    const count = entries.reduce((sum, entry) => sum + Number(entry.count), 0)
    if (spec === undefined || !(Number(spec.vram_gb) >= LEAST_VRAM_GB)) return []
    return [{ gpu, count, vramGb: Number(spec.vram_gb), bandwidthGbs: Number(spec.mem_bw_gbs) }]
  })
  return fitGpus(known, KINDS).map((gpu) => ({ ...gpu, share: round(gpu.share) }))
}

async function roundTrip(directory: string) {
  const bytes = gunzipSync(await readFile(join(directory, 'rtt-seattle', 'seattle_rtt_u16.bin.gz')))
  const { slices, nodes } = SEATTLE
  const links = Array.from({ length: nodes * nodes }, (_, link) =>
    // 0 is below 5 ms, not measured, or a node to itself.
    Array.from({ length: slices }, (__, slice) => bytes.readUInt16LE(2 * (slice * nodes * nodes + link))).filter((ms) => ms > 0)
  )
  const { medianMs, lowRatio, highRatio } = fitRoundTrips(links.filter((link) => link.length > 0))
  return { medianMs, lowRatio: round(lowRatio), highRatio: round(highRatio) }
}

async function sessions(directory: string) {
  const snapshots = await rows(directory, 'tor-relay-churn', 'snapshots.csv')
  const recorded = await rows(directory, 'tor-relay-churn', 'sessions.csv')
  const last = snapshots.length - 1
  // A presence of n snapshots lasted between n − 1 and n + 1 steps.
  const stepS = Number(snapshots[last].t_s) / last
  const lengthOf = ({ start_s, end_s }: Row) => Number(end_s) - Number(start_s) + stepS
  const begun = recorded.filter(({ first_snap }) => Number(first_snap) > 0)
  const lengths = begun.map((session): RecordedSession => ({
    length: lengthOf(session),
    ended: Number(session.last_snap) < last
  }))
  const hosts = [...Map.groupBy(recorded, ({ host }) => host).values()].map((own) => ({
    present: own.reduce((sum, session) => sum + lengthOf(session), 0),
    lifetime: Math.max(...own.map(({ end_s }) => Number(end_s))) - Math.min(...own.map(({ start_s }) => Number(start_s))) + stepS
  }))
  const { probabilities, values } = fitUptimes(hosts)
  return { shape: round(weibullShape(lengths)), uptimeRatio: { probabilities, values: values.map(round) } }
}

const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string', default: 'data/fleet/p2p.json' } } })
if (values.data === undefined) {
  process.stderr.write('usage: node training/fit-fleet.ts --data DIR [--out PATH]\n')
  process.exitCode = 2
} else {
  const parameters = {
    gpus: await gpus(values.data),
    roundTrip: await roundTrip(values.data),
    sessions: await sessions(values.data)
  }
  await mkdir(dirname(values.out), { recursive: true })
  await writeFile(values.out, `${JSON.stringify({ sources: SOURCES, parameters }, undefined, 2)}\n`)
  process.stdout.write(`${values.data} fitted into ${values.out}\n`)
}
