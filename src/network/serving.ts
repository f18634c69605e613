/** A protocol that is being served. */
export interface Serving {
  /** Takes no more requests and gives up those that are running. */
  stop(): Promise<void>
}
