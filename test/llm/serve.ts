import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCli } from '../cli/run-cli.ts'

export interface Served {
  /** Of the gateway, without `/v1`. */
  readonly url: string
  /** Ends it as an operator would. @returns its exit status and what it wrote */
  stop(): Promise<{ readonly status: number | null; readonly stderr: string }>
}

export interface ServeOptions {
  /** Backends by their names. */
  readonly servers: Readonly<Record<string, { readonly url: string }>>
  /** Of the router's draws. */
  readonly seed: number
}

/** Starts `peerbandit serve` in a process of its own, with an empty journal, in front of servers of OpenAI's API. */
export async function startServe({ servers, seed }: ServeOptions): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), 'peerbandit-llm-'))
  const path = join(directory, 'peerbandit.config.json')
  const backends = Object.entries(servers).map(([name, { url }]) => ({ name, kind: 'openai', url }))
  const journal = { path: join(directory, 'journal') }
  await writeFile(path, JSON.stringify({ listen: { port: 0 }, journal, backends, routing: { seed } }))
  const cli = startCli(['serve', '--config', path], { cwd: directory })
  const [, url] = await cli.waitFor(/serves at (http:\S+)/)
  return {
    url,
    stop: async () => {
      cli.process.kill('SIGTERM')
      const ended = await cli.ended
      await rm(directory, { recursive: true })
      return ended
    }
  }
}
