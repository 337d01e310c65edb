// Loaded into a worker before its program: counts the statements it sends to PostgreSQL and the produce requests it sends to
// Kafka, in the drivers' own methods, and writes both to COUNTS_FILE when it ends.
const { writeFileSync } = require('node:fs');
const { Client } = require('pg');
const Connection = require('kafkajs/src/network/connection');

const counts = { statements: 0, produceRequests: 0 };

const { query } = Client.prototype;
Client.prototype.query = function (...statement) {
  counts.statements += 1;
  return query.apply(this, statement);
};

const { send } = Connection.prototype;
Connection.prototype.send = function (message) {
  if (message.request.apiName === 'Produce') counts.produceRequests += 1;
  return send.call(this, message);
};

process.on('exit', () => writeFileSync(process.env.COUNTS_FILE, JSON.stringify(counts)));
