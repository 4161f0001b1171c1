import { endpointOf } from '../../src/operate/endpoint';

it.each<['lambda' | 's3', string, NodeJS.ProcessEnv, string]>([
  ['lambda', 'us-east-1', {}, 'https://lambda.us-east-1.amazonaws.com/'],
  ['s3', 'us-gov-west-1', {}, 'https://s3.us-gov-west-1.amazonaws.com/'],
  ['lambda', 'cn-north-1', {}, 'https://lambda.cn-north-1.amazonaws.com.cn/'],
  ['s3', 'us-east-1', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/'],
  [
    's3',
    'us-east-1',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2' },
    'http://127.0.0.1:2/',
  ],
])('%s in %s answers at its own host, unless the environment names another (%j)', (service, region, env, url) => {
  expect(endpointOf(service, region, env).href).toBe(url);
});
