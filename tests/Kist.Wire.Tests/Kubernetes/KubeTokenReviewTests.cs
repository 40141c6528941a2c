using System.Text;
using Kist.Wire.Kubernetes;

namespace Kist.Wire.Tests.Kubernetes;

/// <summary>What is made of an API server's word on a token. Kist.Auth.Tests ask a real one.</summary>
public sealed class KubeTokenReviewTests
{
    [Theory]
    [InlineData("""{"status":{"authenticated":true,"user":{"username":"u","uid":"1"}}}""", "", true)]
    [InlineData("""{"status":{"authenticated":true,"user":{"username":"u","uid":"1"},"audiences":["api","kist"]}}""", "kist", true)]
    [InlineData("""{"status":{"authenticated":true,"user":{"username":"u","uid":"1"},"audiences":["api"]}}""", "kist", false)]
    [InlineData("""{"status":{"authenticated":true,"user":{"username":"u","uid":"1"}}}""", "kist", false)]
    [InlineData("""{"status":{"authenticated":true,"user":{"username":"u","uid":"1"},"audiences":null}}""", "kist", false)]
    [InlineData("""{"status":{"authenticated":false,"error":"expired"}}""", "", false)]
    [InlineData("""{"status":{"user":{}}}""", "", false)]
    [InlineData("""{"status":{}}""", "", false)]
    public void A_token_is_good_when_the_server_says_so_of_the_audience_that_was_asked_for(string answer, string audience, bool good)
    {
        var review = KubeTokenReview.Parse(Encoding.UTF8.GetBytes(answer), audience.Length > 0 ? [audience] : []);
        Assert.Equal((good, good ? "u" : "", good ? "1" : ""), (review.Authenticated, review.UserName, review.Uid));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"status":1}""")]
    [InlineData("""{"status":{"authenticated":"true"}}""")]
    [InlineData("""{"status":{"authenticated":true}}""")]
    public void Another_answer_is_no_review(string answer) =>
        Assert.Equal(KubeError.Malformed, Assert.Throws<KubeException>(() => KubeTokenReview.Parse(Encoding.UTF8.GetBytes(answer), [])).Error);

    [Fact]
    public void The_question_names_token_and_audience() => Assert.Equal(
        """{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"a.b.c","audiences":["kist"]}}""",
        Encoding.UTF8.GetString(KubeTokenReview.Question("a.b.c", ["kist"]).Span));
}
