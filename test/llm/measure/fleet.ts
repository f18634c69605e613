import { type ModelServer, startModelServer } from '../start-model-server.ts'

/** How many times slower than the first each server is. */
export const SLOW_FACTORS = { fast: 1, medium: 3, slow: 6 } as const

export type ServerName = keyof typeof SLOW_FACTORS
export const SERVER_NAMES = Object.keys(SLOW_FACTORS) as ServerName[]

/** Servers of unequal speed that can be killed and started again where they were. */
export class ModelFleet {
  readonly #servers: Record<ServerName, ModelServer>

  private constructor(servers: Record<ServerName, ModelServer>) {
    this.#servers = servers
  }

  static async start(): Promise<ModelFleet> {
    const started = await Promise.all(
      SERVER_NAMES.map(async (name) => [name, await startModelServer({ slowFactor: SLOW_FACTORS[name] })] as const)
    )
    return new ModelFleet(Object.fromEntries(started) as Record<ServerName, ModelServer>)
  }

  get servers(): Readonly<Record<ServerName, ModelServer>> {
    return this.#servers
  }

  /** In the middle of what it does. */
  async kill(name: ServerName): Promise<void> {
    await this.#servers[name].kill()
  }

  /** One that was killed, under its old address. */
  async restart(name: ServerName): Promise<void> {
    const port = Number(new URL(this.#servers[name].url).port)
    this.#servers[name] = await startModelServer({ slowFactor: SLOW_FACTORS[name], port })
  }

  async stop(): Promise<void> {
    await Promise.all(SERVER_NAMES.map((name) => this.#servers[name].stop()))
  }
}
