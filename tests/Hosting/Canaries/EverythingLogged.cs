using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <param name="Text">The message, each value of its state and of its scopes, and the exception.</param>
public sealed record LogLine(LogLevel Level, string Category, string Text);

/// <summary>Keeps everything that is logged, with all that any log provider could write of it.</summary>
public sealed class EverythingLogged : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<LogLine> lines = new();
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public IReadOnlyCollection<LogLine> Lines => lines;

    public ILogger CreateLogger(string categoryName) => new Log(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
    }

    private static void Write(StringBuilder text, object? value)
    {
        text.Append('\n').Append(value);
        if (value is IEnumerable<KeyValuePair<string, object?>> fields)
        {
            foreach (var (name, field) in fields)
            {
                text.Append('\n').Append(name).Append('=').Append(field is IEnumerable<object> many ? string.Join(',', many) : field);
            }
        }
    }

    private sealed class Log(EverythingLogged all, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => all.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = new StringBuilder(formatter(state, exception));
            Write(text, state);
            all.scopes.ForEachScope(static (scope, text) => Write(text, scope), text);
            for (var cause = exception; cause is not null; cause = cause.InnerException)
            {
                text.Append('\n').Append(cause);
                foreach (System.Collections.DictionaryEntry entry in cause.Data)
                {
                    text.Append('\n').Append(entry.Key).Append('=').Append(entry.Value);
                }
            }

            all.lines.Enqueue(new LogLine(logLevel, category, text.ToString()));
        }
    }
}
