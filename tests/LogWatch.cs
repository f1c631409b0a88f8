using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests;

/// <summary>Keeps every warning and error that the service logs, but for the reasons of 503, as a test looks at the answers themselves, that Redis was empty at first, and that the machine is too busy for Kestrel's timers.</summary>
public sealed class LogWatch : ILoggerProvider
{
    private readonly ConcurrentQueue<string> unexpected = new();

    public IReadOnlyCollection<string> Unexpected => unexpected;

    public ILogger CreateLogger(string categoryName) => new Watch(categoryName, unexpected);

    public void Dispose()
    {
    }

    private sealed class Watch(string category, ConcurrentQueue<string> unexpected) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && category != typeof(Intotes.Chat.Hosting.UnavailableLog).FullName && !IsFirstUse(logLevel) && eventId.Name != "HeartbeatSlow")
            {
                unexpected.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
            }
        }

        private bool IsFirstUse(LogLevel logLevel) => logLevel == LogLevel.Warning && category == typeof(Intotes.Chat.Storage.DataSetMarks).FullName;
    }
}
