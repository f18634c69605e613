import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GIST_TOPICS } from '../../src/gossip/peer-score/gist-params.ts'
import { runCli } from './run-cli.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-gossip-'))
  await writeFile(join(directory, 'params.json'), JSON.stringify(GIST_TOPICS.arithmetic))
  await writeFile(join(directory, 'broken.json'), '{"topics":{"jobs":{}}}')
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const gossipScore = (...args: readonly string[]) => runCli(['gossip-score', ...args], { cwd: directory })

describe('gossip-score', () => {
  it('says what becomes of every kind of peer', async () => {
    const { status, stdout } = await gossipScore('--published')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^vyzo's gist as printed, 10 messages\/s expected, specification\n/)
    expect(stdout).toMatch(/^half +-2525\.2 .+ 2× +0:31$/m)
    expect(stdout).toMatch(/^slackens +6\.6 +29\.4 .+ 100 % +never +–$/m)
  })

  it('takes parameters from a file, and draws a page', async () => {
    const { status, stdout } = await gossipScore('--params', 'params.json', '--scenario', 'silent', '--out', 'page.html')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^silent +-1000\.0 /m)
    expect(await readFile(join(directory, 'page.html'), 'utf8')).toMatch(/<svg[\s\S]+<\/svg>/)
  })

  it('gives all points as JSON', async () => {
    const { stdout } = await gossipScore('--scenario', 'half', '--rate', '20', '--variant', 'go', '--json')
    const [{ scenario, points }] = JSON.parse(stdout) as [{ scenario: { name: string }; points: { second: number }[] }]
    expect([scenario.name, points.length, points[0].second]).toEqual(['half', 1200, 1])
  })

  it.each([
    [['--scenario', 'none'], /--scenario must be one of full, half/],
    [['--params', 'broken.json'], /broken\.json: topics\["jobs"\]\.topicWeight must be a finite number of at least 0/],
    [['--params', 'nowhere.json'], /--params must be a file that can be read/],
    [['--params', 'params.json', '--published'], /cannot be used with option/],
    [['--rate', '0'], /number above 0/],
    [['--variant', 'c'], /Allowed choices are/]
  ])('ends with status 2 for %j', async (args, message) => {
    const { status, stderr } = await gossipScore(...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})
