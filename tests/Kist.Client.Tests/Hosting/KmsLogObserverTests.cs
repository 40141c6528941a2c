using Kist.Core;
using Kist.Hosting.Kms;
using Microsoft.Extensions.Logging;

namespace Kist.Client.Tests.Hosting;

public sealed class KmsLogObserverTests
{
    private static readonly Failure Unreadable = Failure.Unavailable("kms.remote_unavailable", "the file is not there");

    [Fact]
    public void A_key_that_goes_on_failing_is_told_once_and_again_after_it_was_good()
    {
        var log = new Lines();
        var observer = new KmsLogObserver(log);
        observer.RemoteFailed("fallback", Unreadable);
        observer.RemoteFailed("fallback", Unreadable);
        Assert.Single(log.Told);
        observer.RemoteAnswers("fallback");
        observer.RemoteFailed("fallback", Unreadable);
        Assert.Equal([406, 415, 406], log.Told);
    }

    private sealed class Lines : ILogger
    {
        public List<int> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Told.Add(eventId.Id);
    }
}
