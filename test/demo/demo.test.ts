import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkComparisonReport } from '../../src/experiment/check-comparison.ts'
import { runCli, startCli } from '../cli/run-cli.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-demo-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

/** Processes that still run out of this directory's demo. */
async function hostsOf(pid: number): Promise<string> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim()
}

describe('the demo', () => {
  it('compares two swarms and writes the report as JSON and as a page', async () => {
    const { status, stdout, stderr } = await runCli(
      ['demo', '--jobs', '30', '--seed', '7', '--out', 'r.html', '--journal', 'log'],
      {
        cwd: directory
      }
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toMatch(/Nothing learned yet: the journal log is new/)
    expect(stdout).toMatch(/Report: r\.html \(page\) and r\.json \(data\)/)
    const report: unknown = JSON.parse(await readFile(join(directory, 'r.json'), 'utf8'))
    expect(() => {
      checkComparisonReport(report)
    }).not.toThrow()
    expect(report).toMatchObject({ jobs: 30, seed: 7, adaptive: { jobs: 30 }, static: { jobs: 30 } })
    expect((report as { peers: unknown[] }).peers).toHaveLength(10)
    expect(await readFile(join(directory, 'r.html'), 'utf8')).toContain('</html>')
  })

  it('goes on from the outcomes of the first run, and Ctrl-C leaves no process behind and loses no outcome', async () => {
    const demo = startCli(['demo', '--jobs', '200', '--seed', '7', '--journal', 'log'], { cwd: directory })
    const [, before] = await demo.waitFor(/Going on from what (\d+) earlier outcomes taught/)
    const pid = demo.process.pid ?? 0
    expect((await hostsOf(pid)).split(' ')).toHaveLength(4)
    await demo.waitFor(/adaptive ([1-9]\d*) done/)
    const hosts = (await hostsOf(pid)).split(' ')
    demo.process.kill('SIGINT')
    const { status, stdout } = await demo.ended
    expect(status).toBe(130)
    for (const host of hosts) expect(() => process.kill(Number(host), 0), `host ${host}`).toThrow()
    const [, kept] = /Stopped\. (\d+) outcomes are kept/.exec(stdout) ?? []
    expect(Number(kept)).toBeGreaterThan(Number(before))
    const count = await runCli(['journal', 'count', 'log/adaptive'], { cwd: directory })
    expect(count.stdout).toContain(`outcomes ${kept}\n`)
  })
})
