/** A whole HTTP answer. Header names are lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/**
 * The wire: one GET, one answer. Rejects with a FleeceError `network` when no whole answer came, or with the
 * signal's reason. It knows nothing of rates, retries or bars.
 */
export interface HttpTransport {
  get(url: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}
