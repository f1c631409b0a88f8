// Simulates widgets against a running service; see bench/README.md. Prints "open" once all of them wait, and then one line of JSON.
using System.Text.Json;
using Widgets;

var options = Options.Parse(args);
using var clients = new Clients(options.Base, options.Tokens.Length);
object result = options.Mode == "poll" ? await Polling.RunAsync(options, clients) : await Waiting.RunAsync(options, clients);
Console.WriteLine(JsonSerializer.Serialize(result));
