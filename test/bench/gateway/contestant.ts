/** How to start a gateway as a process of its own. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  /** Besides the environment of the benchmark. */
  readonly env?: Readonly<Record<string, string>>
}

export interface LaunchSite {
  /** Where the gateway is to listen, on 127.0.0.1. */
  readonly port: number
  /** The one backend, up to and with /v1: OpenAI's API with models "instant" and "paced". */
  readonly backendUrl: string
  /** An empty folder for what the gateway needs: a configuration, a journal. */
  readonly folder: string
}

/** A gateway that takes part. */
export interface Contestant {
  readonly name: string
  /** How it runs, for the reader of the results. */
  readonly setup: string
  /** Gets it, where it is not there yet. @returns its version @throws where it cannot be had, saying why */
  install(): Promise<string>
  /** Writes what the gateway reads, and says how to start it. */
  launch(site: LaunchSite): Promise<Launch>
  /** What every request needs besides its body. */
  headers(backendUrl: string): Readonly<Record<string, string>>
}
