import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createSelection } from '../../src/selector/selection.ts'
import { SelectionStatistics } from '../../src/selector/statistics.ts'
import { dashboard } from '../../src/dashboard/dashboard.ts'
import type { DashboardState, DecisionDetail } from '../../src/dashboard/dashboard-state.ts'
import { type Fed, fedSelection } from './fed-selection.ts'
import { serving } from './serving.ts'

const { served, servedWithJobs } = serving()

async function jobsDone(count: number): Promise<Fed> {
  const fed = fedSelection()
  fed.meet()
  await fed.runJobs(count)
  return fed
}

const JOB = {
  id: 'job',
  model: 'm',
  workloadClass: 'interactive',
  promptTokens: 100,
  expectedOutputTokens: 100,
  deadlineMs: 30_000
}

const getJson = async (url: string) => (await fetch(url)).json()

describe('the paths of the dashboard', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/?from=somewhere', 'text/html; charset=utf-8'],
    ['/dashboard/style.css', 'text/css; charset=utf-8'],
    ['/dashboard/main.js', 'text/javascript; charset=utf-8'],
    ['/dashboard/icon.svg', 'image/svg+xml'],
    ['/dashboard/state', 'application/json; charset=utf-8']
  ])('serves %s as %s, from here and not to be guessed', async (path, type) => {
    const { origin } = await served()
    const response = await fetch(origin + path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self';/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const body = await response.arrayBuffer()
    expect(body.byteLength).toBeGreaterThan(100)
    const head = await fetch(origin + path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(body.byteLength)])
    expect((await head.arrayBuffer()).byteLength).toBe(0)
  })

  it.each(['/v1/models', '/metrics', '/dashboard', '/dashboard/', '/dashboard/tsconfig.json', '/dashboard/../package.json'])(
    'leaves %s to others',
    async (path) => {
      const { port } = await served()
      // Not fetch: it would tidy the path up.
      const status = await new Promise((resolve) =>
        httpRequest({ port, path, host: '127.0.0.1' }, ({ statusCode }) => {
          resolve(statusCode)
        }).end()
      )
      expect(status).toBe(404)
    }
  )

  it.each(['/', '/dashboard/state', '/dashboard/events', '/dashboard/decision/x'])(
    'refuses to be written to at %s',
    async (path) => {
      const { origin } = await served()
      const response = await fetch(origin + path, { method: 'POST', body: '{}' })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  )

  it('says when a browser has the newest file already', async () => {
    const { origin } = await served()
    const etag = (await fetch(`${origin}/dashboard/main.js`)).headers.get('etag') ?? ''
    const again = await fetch(`${origin}/dashboard/main.js`, { headers: { 'if-none-match': etag } })
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0])
  })

  it('has pages that name nothing outside, in less than 100 kB', async () => {
    const { origin } = await served()
    const html = await (await fetch(origin)).text()
    const paths = [...html.matchAll(/(?:src|href)="(dashboard\/[^"]+\.\w+)"/g)].map(([, path]) => path)
    const names = [
      'arms,cards,connection,decisions,detail,dom,format,line-plot,main,peers,policies,theme,totals'
        .split(',')
        .map((name) => `dashboard/${name}.js`),
      paths
    ].flat()
    const bodies = await Promise.all([...new Set(names)].map(async (path) => (await fetch(`${origin}/${path}`)).text()))
    const all = [html, ...bodies].join('\n')
    expect(all.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//)
    expect(Buffer.byteLength(all)).toBeLessThan(100_000)
  })
})

describe('the state', () => {
  it('is whole and plain before anything happened', async () => {
    const { origin } = await served()
    const state = (await getJson(`${origin}/dashboard/state`)) as DashboardState
    expect(state).toMatchObject({ version: 1, policy: 'thompson', policies: [], classes: [], decisions: [], peersLeftOut: 0 })
    expect(state.totals).toEqual({
      decisions: 0,
      inFlight: 0,
      cancelled: 0,
      successes: 0,
      failures: 0,
      failuresByReason: {},
      outputTokens: 0,
      meanDecisionMicros: null
    })
    expect(state.agreement).toEqual({ arms: 8, decisions: 0, unanimousRatio: null, meanDistinct: null, meanTau: null })
    expect([state.throughput, state.experiment]).toEqual([null, null])
  })

  it('has the totals of the statistics', async () => {
    const { fed, page } = await servedWithJobs(120)
    fed.begin().lease.cancel()
    fed.begin()
    const { totals, policies, followed, peers } = page.state()
    const expected = fed.statistics.totals
    const tally = expected.byPolicy.get('thompson')!
    const failures = Object.values(tally.failures).reduce((sum, count) => sum + count, 0)
    expect(totals).toMatchObject({ decisions: 122, inFlight: 1, cancelled: 1, successes: tally.successes, failures })
    expect(totals).toMatchObject({ outputTokens: tally.outputTokens, failuresByReason: tally.failures })
    expect(policies).toMatchObject([
      { policy: 'thompson', meanMs: tally.durationMs / tally.successes, successRatio: tally.successes / 120 }
    ])
    expect(followed.reduce((sum, arm) => sum + arm.successes + arm.failures, 0)).toBe(120)
    for (const { peer, successes, share } of peers) {
      const own = expected.byPeer.get(peer)
      expect(successes).toBe(own?.successes ?? 0)
      expect(share).toBeCloseTo(((own?.successes ?? 0) + Object.values(own?.failures ?? {}).reduce((a, b) => a + b, 0)) / 120, 12)
    }
  })

  it('has percentiles of the latest, and their course in buckets of the last five minutes', async () => {
    const { fed, page } = await servedWithJobs(600)
    const { policies, bucketMs, atMs } = page.state()
    const [{ p50Ms, p95Ms, windowSize, buckets, successes }] = policies
    expect(p95Ms).toBeGreaterThan(p50Ms!)
    expect(windowSize).toBe(successes)
    expect(buckets.length).toBeLessThanOrEqual(60)
    expect(buckets.length).toBeGreaterThan(50)
    for (const bucket of buckets) {
      expect(bucket.atMs % bucketMs).toBe(0)
      expect(bucket.atMs).toBeGreaterThan(atMs - 300_000)
      expect(bucket.successes + bucket.failures).toBeGreaterThan(0)
    }
    fed.clock.advance(600_000)
    expect(page.state().policies[0].buckets).toEqual([])
  })

  it('says what is believed of every arm for every class of jobs', async () => {
    const { fed, page } = await servedWithJobs(80)
    const { classes } = page.state()
    expect(classes.map(({ workloadClass }) => workloadClass).sort()).toEqual(expect.arrayContaining(['batch', 'interactive']))
    for (const { workloadClass, arms } of classes) {
      const beliefs = fed.selection.policy.beliefs({ workloadClass, atMs: fed.clock.wall() })
      expect(arms.map(({ arm, mean }) => [arm, mean])).toEqual(beliefs.map(({ arm, mean }) => [arm, mean]))
      expect(arms.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(1, 9)
      for (const { mean, interval80, interval95 } of arms) {
        expect(interval95![0]).toBeLessThanOrEqual(interval80![0])
        expect(interval80![0]).toBeLessThanOrEqual(mean!)
        expect(interval80![1]).toBeLessThanOrEqual(interval95![1])
      }
    }
  })

  it('meters how far the algorithms agree, beside each decision', async () => {
    const { page } = await servedWithJobs(40)
    const { agreement } = page.state()
    expect(agreement.decisions).toBe(40)
    expect(agreement.unanimousRatio).toBeGreaterThan(0)
    expect(agreement.meanDistinct).toBeGreaterThanOrEqual(1)
    expect(agreement.meanTau).toBeLessThanOrEqual(1)
  })

  it('says where each peer stands', async () => {
    const { fed, page } = await servedWithJobs(200)
    const at = (peer: string) => page.state().peers.find((other) => other.peer === peer)!
    const [first] = fed.members
    expect(at(first)).toMatchObject({
      name: 'berlin-4090',
      condition: 'connected',
      gpu: 'RTX 4090',
      claimedTokensPerSecond: 120,
      rttMs: 9
    })
    expect(at(first).observedTokensPerSecond).toBeGreaterThan(80)
    const job = { ...fed.begin().lease.decision, id: 'more' }
    const places = 16 - at(first).inFlight
    const leases = Array.from({ length: places }, () => fed.selection.selector.acquire([first], job))
    expect(at(first).condition).toBe('full')
    await leases[0].fail('unreachable')
    expect(at(first).condition).toBe('cooling')
    fed.clock.advance(5001)
    expect(at(first).condition).toBe('probing')
    fed.selection.table.observe(first, { kind: 'disconnected' }, fed.clock.wall())
    expect(at(first).condition).toBe('away')
  })

  it('lists the busiest where there are too many peers, and says how many are left out', () => {
    const selection = createSelection()
    const statistics = new SelectionStatistics(selection.selector)
    const members = Array.from({ length: 250 }, (_, i) => `peer-${i}`)
    const fed = fedSelection()
    const page = dashboard({
      selection,
      statistics,
      clock: fed.clock,
      timers: fed.clock,
      members: () => members,
      nameOf: (peer) => peer
    })
    expect([page.state().peers.length, page.state().peersLeftOut]).toEqual([200, 50])
    page.stop()
  })

  it('shows an experiment that runs', async () => {
    const experiment = { name: 'a against b', sides: [], differenceMs: null, verdict: 'Too early to say.' }
    const { page } = await served(fedSelection(), { experiment: () => experiment })
    expect(page.state().experiment).toEqual(experiment)
  })
})

describe('a decision', () => {
  it('comes with the very scores that decided, and what became of it', async () => {
    const { fed, origin, page } = await servedWithJobs(60)
    const { decisions } = page.state()
    expect(decisions).toHaveLength(50)
    const details = await Promise.all(
      decisions.map(({ id }) => getJson(`${origin}/dashboard/decision/${id}`) as Promise<DecisionDetail>)
    )
    for (const { votes, candidates, candidateCount, outcome } of details) {
      expect(votes.map(({ arm }) => arm)).toEqual(fed.selection.policy.arms)
      expect(candidates).toHaveLength(candidateCount)
      expect(['success', 'failure']).toContain(outcome.kind)
      // Each arm's vote is for a candidate that no other one outdoes.
      votes.forEach(({ peer }, arm) => {
        const best = Math.max(...candidates.map(({ scores }) => scores[arm]!))
        expect(candidates.find((candidate) => candidate.peer === peer)!.scores[arm]).toBe(best)
      })
    }
  })

  it('is left out where more came within a second than the page shows', async () => {
    const { fed, page } = await servedWithJobs(0)
    const ids = Array.from({ length: 70 }, () => fed.begin().lease.decision.id)
    const shown = () => page.state().decisions.map(({ id }) => id)
    expect(shown()).toEqual(ids.slice(0, 50).reverse())
    fed.clock.advance(1_000)
    const next = fed.begin().lease.decision.id
    expect(shown()).toEqual([next, ...ids.slice(1, 50).reverse()])
  })

  it('is explained with names, at length where it is asked for', async () => {
    const { fed, origin, page } = await servedWithJobs(30)
    const { lease } = fed.begin()
    const [latest] = page.state().decisions
    expect(latest).toMatchObject({ id: lease.decision.id, name: fed.nameOf(lease.peer), outcome: { kind: 'running' } })
    expect(latest.reason).toMatch(/arms ranked it first .* Expected reward/)
    lease.cancel()
    const detail = (await getJson(`${origin}/dashboard/decision/${latest.id}`)) as DecisionDetail
    expect(detail.outcome).toEqual({ kind: 'cancelled' })
    expect(detail.explanation[0]).toContain(`${latest.name} was chosen by`)
  })

  it.each(['unknown', '%', '..%2f'])('that is not among the last, like %s, is not found', async (id) => {
    const { origin } = await servedWithJobs(2)
    expect((await fetch(`${origin}/dashboard/decision/${id}`)).status).toBe(404)
  })

  it('gives way to newer ones', async () => {
    const { fed, origin, page } = await servedWithJobs(1)
    const [first] = page.state().decisions
    await fed.runJobs(50)
    expect((await fetch(`${origin}/dashboard/decision/${first.id}`)).status).toBe(404)
  })

  it('among many candidates comes with those that an arm recommends, with their own scores', async () => {
    const { fed, page, origin } = await served()
    const peers = Array.from({ length: 90 }, (_, i) => `peer-${i}`)
    for (const [i, peer] of peers.entries()) {
      fed.selection.table.observe(peer, { kind: 'connected' }, fed.clock.wall())
      fed.selection.table.observe(peer, { kind: 'ping', rttMs: 5 + ((i * 37) % 90) }, fed.clock.wall())
    }
    fed.selection.selector.acquire(peers, JOB)
    const detail = (await getJson(`${origin}/dashboard/decision/${page.state().decisions[0].id}`)) as DecisionDetail
    expect(detail.candidateCount).toBe(90)
    expect(detail.candidates.map(({ peer }) => peer).sort()).toEqual([...new Set(detail.votes.map(({ peer }) => peer))].sort())
    detail.votes.forEach(({ peer }, arm) => {
      const best = Math.max(...detail.candidates.map(({ scores }) => scores[arm]!))
      expect(detail.candidates.find((candidate) => candidate.peer === peer)!.scores[arm]).toBe(best)
    })
  })

  it('changes nothing of what is decided next', async () => {
    const [watched, alone] = [await servedWithJobs(50), await jobsDone(50)]
    const next = [watched.fed, alone].map((fed) => fed.begin().lease.decision)
    expect(next[0].votes).toEqual(next[1].votes)
  })
})

describe('options', () => {
  it.each([{ intervalMs: 0 }, { intervalMs: Number.NaN }, { maxListeners: 0 }])('like %o are refused', (options) => {
    const { clock, selection, statistics } = fedSelection()
    const components = { clock, timers: clock, selection, statistics, members: () => [], nameOf: (peer: string) => peer }
    expect(() => dashboard(components, options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
