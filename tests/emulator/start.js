// Starts telegram-test-api on 127.0.0.1 and says so on standard output: node start.js PORT
const TelegramServer = require('telegram-test-api');

const server = new TelegramServer({port: Number(process.argv[2]), host: '127.0.0.1', storeTimeout: 600});
server.start().then(() => console.log('ready'));
