/** Why a message was refused. */
export type Rejection =
  | 'invalid' // the validator refused it: all who bring it pay
  | 'unverifiable' // no signature, or a wrong one: the sender pays, and its id is not worth remembering
  | 'ignored' // the validator knows no answer
  | 'throttled' // validation had no place for it
  | 'blacklisted' // of a peer that nobody listens to

/** One thing that happens to a peer, as far as its score goes. */
export type ScoreEvent =
  | { readonly kind: 'connected'; readonly peer: string }
  | { readonly kind: 'left'; readonly peer: string }
  | { readonly kind: 'address'; readonly peer: string; readonly ip: string }
  | { readonly kind: 'address-gone'; readonly peer: string; readonly ip: string }
  | { readonly kind: 'graft'; readonly peer: string; readonly topic: string }
  | { readonly kind: 'prune'; readonly peer: string; readonly topic: string }
  /** A message came for the first time and is being validated. */
  | { readonly kind: 'validate'; readonly message: string }
  /** It is valid. */
  | { readonly kind: 'deliver'; readonly peer: string; readonly topic: string; readonly message: string }
  /** It came again. */
  | { readonly kind: 'duplicate'; readonly peer: string; readonly topic: string; readonly message: string }
  /** It is not valid, or may be. */
  | {
      readonly kind: 'reject'
      readonly peer: string
      readonly topic: string
      readonly message: string
      readonly reason: Rejection
    }
  /** Misbehaviour of the protocol. @property count ≥ 0 */
  | { readonly kind: 'penalty'; readonly peer: string; readonly count: number }
  /** P5 from here on, instead of what `appSpecificScore` says. */
  | { readonly kind: 'application-score'; readonly peer: string; readonly score: number }
  /** A decay interval is over. */
  | { readonly kind: 'decay' }
