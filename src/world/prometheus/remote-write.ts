import { Writer } from 'protobufjs/minimal';
import { compress } from 'snappyjs';
import type { Sample } from '../contract';

interface Series {
  /** The labels as they travel, sorted by name as the protocol demands. */
  labels: Uint8Array;
  points: { at: number; value: number | typeof STALE }[];
  /** In which scrape it was seen last. */
  scrape: number;
}

/** The NaN by which Prometheus knows that a series ended: `value.StaleNaN`. JavaScript would not keep its bits. */
const STALE = Symbol('stale');
const STALE_BITS = { low: 0x00000002, high: 0x7ff00000 };

/** Series in one request: keeps a request near a megabyte. */
const SERIES_PER_REQUEST = 2_000;

/**
 * Gathers scrapes and writes several of them in one request (Prometheus remote write 1.0: protobuf in snappy). Each
 * series goes forward in time only. A series that a scrape no longer has gets a stale marker, as a scraping Prometheus
 * would write it, so that what is gone is gone at once and not after five minutes.
 */
export class RemoteWrite {
  private readonly series = new Map<string, Series>();
  private scrapes = 0;
  /** Of the series that the last scrape had. */
  private current = new Set<Series>();

  constructor(private readonly url: string) {}

  /** Takes one whole scrape, made at `at` (milliseconds since 1970). */
  add(samples: Sample[], at: number): void {
    this.scrapes += 1;
    const seen = new Set<Series>();
    for (const sample of samples) {
      const series = this.seriesOf(sample.labels);
      series.points.push({ at: sample.at, value: sample.value });
      series.scrape = this.scrapes;
      seen.add(series);
    }
    for (const series of this.current) if (!seen.has(series)) series.points.push({ at, value: STALE });
    this.current = seen;
  }

  /** @throws when Prometheus refuses the samples, with its own words. */
  async flush(): Promise<void> {
    const due = [...this.series].filter(([, { points }]) => points.length > 0).map(([, series]) => series);
    for (let start = 0; start < due.length; start += SERIES_PER_REQUEST) {
      const part = due.slice(start, start + SERIES_PER_REQUEST);
      await this.post(encode(part));
      for (const series of part) series.points = [];
    }
    // Series that ended are not kept: a long run makes and loses many pods.
    for (const [key, series] of this.series) if (series.scrape < this.scrapes) this.series.delete(key);
  }

  private seriesOf(labels: Record<string, string>): Series {
    const names = Object.keys(labels).sort();
    const key = names.map((name) => `${name}\u0000${labels[name]}`).join('\u0001');
    let series = this.series.get(key);
    if (!series) {
      series = { labels: encodeLabels(names, labels), points: [], scrape: 0 };
      this.series.set(key, series);
    }
    return series;
  }

  private async post(message: Uint8Array): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: Buffer.from(compress(message)),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`Prometheus at ${this.url} refused the world's samples: ${answer.status} ${said}`);
  }
}

// Field numbers: prometheus/prompb, remote.proto and types.proto.
const delimited = (field: number): number => (field << 3) | 2;

/** `repeated Label labels = 1` of TimeSeries; Label is `name = 1`, `value = 2`. */
const encodeLabels = (names: string[], labels: Record<string, string>): Uint8Array => {
  const writer = Writer.create();
  for (const name of names) {
    const value = labels[name] ?? '';
    // To Prometheus an empty label is the same as none.
    if (value === '') continue;
    writer.uint32(delimited(1)).fork();
    writer.uint32(delimited(1)).string(name).uint32(delimited(2)).string(value).ldelim();
  }
  return writer.finish();
};

/** WriteRequest `repeated TimeSeries timeseries = 1`; `repeated Sample samples = 2` of `value = 1`, `timestamp = 2`. */
const encode = (all: Series[]): Uint8Array => {
  const samplesOf = ({ points }: Series): Uint8Array => {
    const writer = Writer.create();
    for (const { at, value } of points) {
      writer.uint32(delimited(2)).fork();
      if (value === STALE) writer.uint32((1 << 3) | 1).fixed64(STALE_BITS as never);
      else writer.uint32((1 << 3) | 1).double(value as number);
      writer
        .uint32(2 << 3)
        .int64(at)
        .ldelim();
    }
    return writer.finish();
  };
  const writer = Writer.create();
  for (const series of all) {
    // A message is the concatenation of its fields, so parts that were encoded before are just put together.
    writer.uint32(delimited(1)).bytes(Buffer.concat([series.labels, samplesOf(series)]));
  }
  return writer.finish();
};
